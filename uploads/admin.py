"""Django's admin, for the admin role: people, memberships, destinations; batches and audit are read-only."""

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from uploads import access, audit, workflow
from uploads.models import AuditEvent, Batch, Destination, Membership, User


class ForAdmins:
    """Rights by the admin role alone; Django's permissions play no part."""

    def has_module_permission(self, request) -> bool:
        """Whether the section shows at all."""
        return access.is_admin(request.user)

    def has_view_permission(self, request, obj=None) -> bool:
        """Reading."""
        return access.is_admin(request.user)

    def has_add_permission(self, request, obj=None) -> bool:
        """Adding."""
        return access.is_admin(request.user)

    def has_change_permission(self, request, obj=None) -> bool:
        """Changing."""
        return access.is_admin(request.user)

    def has_delete_permission(self, request, obj=None) -> bool:
        """Deleting."""
        return access.is_admin(request.user)


class ReadOnly(ForAdmins):
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request, obj=None) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        """Never."""
        return False


class Audited(ForAdmins):
    """Adding and changing leave an audit event, in the same transaction."""

    noun: str

    def save_model(self, request, obj, form, change):
        """Save, and record what changed by field name; never a value."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            verb = "changed" if change else "added"
            record_change(request.user, f"{self.noun}.{verb}", obj, form.changed_data)


def record_change(actor: User, action: str, obj, changed: list[str] | None = None) -> None:
    """An audit event about a person, a membership or a destination."""
    facts = {"changed": sorted(set(changed) - {"token", "forget_token"})} if changed else {}
    destination = obj if isinstance(obj, Destination) else getattr(obj, "destination", None)
    person = obj if isinstance(obj, User) else getattr(obj, "person", None)
    if person is not None:
        facts["person"] = person.get_username()
    if isinstance(obj, Membership):
        facts["role"] = obj.role
    if isinstance(obj, User):
        facts["site_role"] = obj.site_role
        facts["active"] = obj.is_active
    audit.record(actor, action, destination=destination, **facts)


class MembershipInline(ForAdmins, admin.TabularInline):
    """What a person is at each destination."""

    model = Membership
    extra = 1


@admin.register(User)
class PersonAdmin(Audited, UserAdmin):
    """People and their roles."""

    noun = "person"
    list_display = ("username", "first_name", "last_name", "email", "site_role", "is_active")
    list_filter = ("site_role", "is_active")
    filter_horizontal = ()
    inlines = [MembershipInline]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Who"), {"fields": ("first_name", "last_name", "email")}),
        (_("Rights"), {"fields": ("is_active", "site_role")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def has_delete_permission(self, request, obj=None) -> bool:
        """Never: people stand in the history. Make them inactive instead."""
        return False

    def user_change_password(self, request, id, form_url=""):
        """Set somebody's password, which is as good as signing in as them: the log knows who did."""
        stored = User.objects.filter(pk=id).values_list("password", flat=True)
        with transaction.atomic():
            before = stored.first()
            response = super().user_change_password(request, id, form_url)
            if stored.first() != before:
                workflow.password_changed(request.user, User.objects.get(pk=id))
        return response

    def save_formset(self, request, form, formset, change):
        """Save memberships, each with its audit event."""
        with transaction.atomic():
            super().save_formset(request, form, formset, change)
            for membership in formset.new_objects:
                record_change(request.user, "membership.added", membership)
            for membership, _fields in formset.changed_objects:
                record_change(request.user, "membership.changed", membership)
            for membership in formset.deleted_objects:
                record_change(request.user, "membership.removed", membership)


@admin.register(Membership)
class MembershipAdmin(Audited, admin.ModelAdmin):
    """Who is what where."""

    noun = "membership"
    list_display = ("person", "destination", "role")
    list_filter = ("destination", "role")
    search_fields = ("person__username", "destination__name")
    actions = None

    def delete_model(self, request, obj):
        """Take a membership away."""
        with transaction.atomic():
            record_change(request.user, "membership.removed", obj)
            super().delete_model(request, obj)


class DestinationForm(forms.ModelForm):
    """A destination, with a token that can be written and never read."""

    token = forms.CharField(
        label=_("New token"),
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the present one. It is stored encrypted and never shown again."),
    )
    forget_token = forms.BooleanField(label=_("Forget the present token"), required=False)

    class Meta:
        model = Destination
        fields = ("name", "kind", "client_code", "api_version", "unproven_values", "active")


@admin.register(Destination)
class DestinationAdmin(Audited, admin.ModelAdmin):
    """Where batches go."""

    noun = "destination"
    form = DestinationForm
    list_display = ("name", "kind", "client_code", "api_version", "token_state", "account_state", "active")
    search_fields = ("name", "client_code")
    actions = ("pause_accounts", "resume_accounts")

    @admin.display(description=_("token"))
    def token_state(self, destination: Destination) -> str:
        """Whether a token is kept, and since when."""
        if not destination.has_token:
            return _("none")
        return _("set on %(date)s") % {"date": destination.token_set_at.date()}

    @admin.display(description=_("account"))
    def account_state(self, destination: Destination) -> str:
        """Whether batches go out, and if not, why."""
        lane = workflow.lane_of(destination)
        if not lane.paused:
            return _("open")
        return _("paused by an admin") if lane.pause_reason == "person" else _("paused: token refused")

    @admin.action(description=_("Pause the account: nothing more is sent"))
    def pause_accounts(self, request, chosen):
        """Stop all calls to the accounts of these destinations."""
        paused = sum(workflow.pause(destination, request.user) for destination in chosen)
        self.message_user(request, _("Accounts paused: %(count)s.") % {"count": paused})

    @admin.action(description=_("Resume the account"))
    def resume_accounts(self, request, chosen):
        """Let the accounts of these destinations go on, whatever paused them."""
        resumed = sum(workflow.resume(destination, request.user) for destination in chosen)
        self.message_user(request, _("Accounts resumed: %(count)s.") % {"count": resumed})

    def get_actions(self, request):
        """Without Django's own: destinations are removed one by one, if at all."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_readonly_fields(self, request, obj=None):
        """Where it leads is fixed once it is used: what was meant for one account never goes to another."""
        fixed = ("kind", "client_code") if obj is not None and obj.is_used else ()
        return (*super().get_readonly_fields(request, obj), *fixed)

    def has_delete_permission(self, request, obj=None) -> bool:
        """Only before a batch was ever sent there: history keeps its destinations."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.is_used)

    def delete_model(self, request, obj):
        """Remove a destination that nothing was ever sent to."""
        with transaction.atomic():
            audit.record(request.user, "destination.removed", destination=obj)
            super().delete_model(request, obj)

    def save_model(self, request, obj, form, change):
        """Save; another token, or none, lets a paused account go on (T3)."""
        token, forget = form.cleaned_data.get("token"), form.cleaned_data.get("forget_token")
        with transaction.atomic():
            if token or forget:
                obj.set_token(token or "")
            super().save_model(request, obj, form, change)
            if token or forget:
                audit.record(request.user, "destination.token-changed", destination=obj, kept=bool(token))
                # Forgetting one is an answer as well: the account may have stopped asking for tokens.
                workflow.resume(obj, request.user, paused_for="token")


@admin.register(Batch)
class BatchAdmin(ReadOnly, admin.ModelAdmin):
    """Every batch, to read."""

    list_display = ("id", "filename", "destination", "owner", "state", "rows", "created_at")
    list_filter = ("state", "destination")
    search_fields = ("filename", "owner__username")
    list_select_related = ("destination", "owner")
    date_hierarchy = "created_at"
    fields = (
        "filename", "destination", "owner", "state", "created_at", "size", "sha256",
        "rows", "accepted", "rejected", "skipped", "warnings", "problems_by_code",
        "checked_at", "released_at", "released_by", "ended_at",
    )  # fmt: skip


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin):
    """The audit log, to read."""

    list_display = ("sequence", "at", "actor_name", "action", "destination_name", "batch_id")
    list_filter = ("action",)
    search_fields = ("actor_name", "action", "=batch_id")


admin.site.unregister(Group)
