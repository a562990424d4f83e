"""Forms about oneself, beyond signing in."""

from django import forms

from uploads.models import User


class NotificationsForm(forms.ModelForm):
    """Which e-mails one gets about batches."""

    class Meta:
        model = User
        fields = ("notifications",)
        widgets = {"notifications": forms.RadioSelect}
