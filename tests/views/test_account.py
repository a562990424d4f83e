from django.urls import reverse


def test_everybody_chooses_which_emails_they_get(sign_in, uploader):
    client = sign_in(uploader)
    assert "only when a batch needs me" in client.get(reverse("notifications")).content.decode()
    assert client.post(reverse("notifications"), {"notifications": "needed"}).status_code == 302
    uploader.refresh_from_db()
    assert uploader.notifications == "needed"
    assert "Only when a batch needs me" in client.get(reverse("mfa_index")).content.decode()


def test_a_choice_that_there_is_not_changes_nothing(sign_in, uploader):
    page = sign_in(uploader).post(reverse("notifications"), {"notifications": "hourly"})
    assert page.status_code == 200
    uploader.refresh_from_db()
    assert uploader.notifications == "all"
