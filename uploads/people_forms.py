"""The admin's forms about people."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from uploads.models import Destination, Membership, User
from uploads.models.people import Role, SiteRole

ROLES = [
    (Role.UPLOADER, _("Uploader: sends files of their own")),
    (Role.REVIEWER, _("Reviewer: sees and judges everybody's")),
]


class PeopleFilterForm(forms.Form):
    """The list of people's filters; all optional."""

    q = forms.CharField(label=_("Name or e-mail address"), required=False, max_length=200)
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        choices=[("", _("Any role")), *SiteRole.choices[1:], *Role.choices],
    )
    destination = forms.ModelChoiceField(
        label=_("Destination"),
        required=False,
        queryset=Destination.objects.order_by("name"),
        empty_label=_("Any destination"),
    )
    active = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("Anybody")), ("yes", _("Active")), ("no", _("Not active"))],
    )

    def narrow(self, people):
        """The people who fit; a filter with a value that makes no sense fits nobody."""
        if not self.is_valid():
            return people.none()
        wanted = self.cleaned_data
        if wanted["q"].strip():
            people = people.matching(wanted["q"].strip())
        at = Membership.objects.all()
        if wanted["destination"]:
            at = at.filter(destination=wanted["destination"])
        if wanted["role"] in Role.values:
            at = at.filter(role=wanted["role"])
        if wanted["role"] in SiteRole.values[1:]:
            people = people.filter(site_role=wanted["role"])
        if wanted["destination"] or wanted["role"] in Role.values:
            people = people.filter(pk__in=at.values("person"))
        if wanted["active"]:
            people = people.filter(is_active=wanted["active"] == "yes")
        return people


def email_is_taken(email: str, person: User | None = None) -> bool:
    """Whether somebody else signs in with this address, be it as their user name."""
    others = User.objects.exclude(pk=person.pk) if person else User.objects.all()
    return others.filter(Q(email__iexact=email) | Q(username__iexact=email)).exists()


class PersonForm(forms.ModelForm):
    """Who a person is, and their site-wide role."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "site_role")
        labels = {"email": _("E-mail address")}
        widgets = {"site_role": forms.RadioSelect}

    def clean_email(self) -> str:
        """In lower case, and nobody else's."""
        email = self.cleaned_data["email"].strip().lower()
        if email and email_is_taken(email, self.instance):
            raise forms.ValidationError(_("Another account has this e-mail address."))
        return email


class MembershipForm(forms.Form):
    """A role at a destination."""

    destination = forms.ModelChoiceField(
        label=_("Destination"), queryset=Destination.objects.order_by("name"), empty_label=None
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
