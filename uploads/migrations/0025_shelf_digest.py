from django.db import migrations, models


class Migration(migrations.Migration):
    """Makes the shelves anew, with the digest before the names; the sweep fills them again."""

    dependencies = [("uploads", "0024_overlaps")]

    operations = [
        migrations.DeleteModel(name="NameShelf"),
        migrations.CreateModel(
            name="NameShelf",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "digest",
                    models.CharField(help_text="of the names: SHA-256, in hexadecimal", max_length=64),
                ),
                ("names", models.TextField()),
            ],
        ),
    ]
