"""The product's pages."""

from django.urls import include, path
from django.views.generic import RedirectView

from uploads.views import (
    approvals,
    audit,
    batches,
    destinations,
    doubts,
    invitations,
    people,
    problems,
    uploads,
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="batches"), name="home"),
    path("", include("uploads.signin.urls")),
    path("batches/", batches.batch_list, name="batches"),
    path("batches/new/", uploads.new_batch, name="batch-new"),
    path("batches/<int:pk>/", batches.batch_detail, name="batch"),
    path("batches/<int:pk>/live/", batches.batch_live, name="batch-live"),
    path("batches/<int:pk>/reading/", batches.confirm_reading, name="batch-reading"),
    path("batches/<int:pk>/send/", batches.send_batch, name="batch-send"),
    path("batches/<int:pk>/ask-for-approval/", approvals.ask, name="batch-ask"),
    path("batches/<int:pk>/take-back/", approvals.take_back, name="batch-take-back"),
    path("batches/<int:pk>/review/", approvals.review, name="batch-review"),
    path("batches/<int:pk>/cancel/", batches.cancel_batch, name="batch-cancel"),
    path("batches/<int:pk>/problems/", problems.batch_problems, name="batch-problems"),
    path("batches/<int:pk>/refused-by-target.csv", problems.refusal_report, name="batch-refused-csv"),
    path("batches/<int:pk>/to-correct.csv", problems.correction_report, name="batch-correction-csv"),
    path("batches/<int:pk>/parts/<int:number>/decide/", doubts.decide, name="part-decide"),
    path("batches/<int:pk>/parts/<int:number>/read-back/", doubts.read_back, name="part-read-back"),
    path(
        "batches/<int:pk>/parts/<int:number>/read-back/live/",
        doubts.read_back_live,
        name="part-read-back-live",
    ),
    path("batches/<int:pk>/adjust/", batches.adjust_reading, name="batch-adjust"),
    path("uploads/", uploads.begin_upload, name="upload-begin"),
    path("uploads/<uuid:pk>/", uploads.upload_slice, name="upload"),
    path("uploads/<uuid:pk>/finish/", uploads.finish_upload, name="upload-finish"),
    path("audit/", audit.audit_log, name="audit"),
    path("people/", people.people, name="people"),
    path("people/invite/", invitations.invite, name="invite"),
    path("people/invitations/<int:pk>/withdraw/", invitations.withdraw, name="invitation-withdraw"),
    path("invitation/<str:token>/", invitations.accept, name="invitation"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/memberships/", people.give_membership, name="membership-give"),
    path(
        "people/<int:pk>/memberships/<int:membership>/take/", people.take_membership, name="membership-take"
    ),
    path("people/<int:pk>/deactivate/", people.deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", people.reactivate, name="person-reactivate"),
    path("people/<int:pk>/reset-second-factor/", people.reset_second_factor, name="person-reset"),
    path("people/<int:pk>/sign-out/", people.sign_out_everywhere, name="person-sign-out"),
    path("destinations/", destinations.destinations, name="destinations"),
    path("destinations/new/", destinations.new_destination, name="destination-new"),
    path("destinations/<int:pk>/", destinations.destination, name="destination"),
    path("destinations/<int:pk>/token/", destinations.set_token, name="destination-token"),
    path("destinations/<int:pk>/forget-token/", destinations.forget_token, name="destination-forget-token"),
    path("destinations/<int:pk>/pause/", destinations.pause, name="destination-pause"),
    path("destinations/<int:pk>/resume/", destinations.resume, name="destination-resume"),
    path("destinations/<int:pk>/remove/", destinations.remove, name="destination-remove"),
]
