"""The product's pages."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from uploads.views import audit, batches, doubts, problems, uploads

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="batches"), name="home"),
    path("", include("uploads.signin.urls")),
    path("batches/", batches.batch_list, name="batches"),
    path("batches/new/", uploads.new_batch, name="batch-new"),
    path("batches/<int:pk>/", batches.batch_detail, name="batch"),
    path("batches/<int:pk>/live/", batches.batch_live, name="batch-live"),
    path("batches/<int:pk>/reading/", batches.confirm_reading, name="batch-reading"),
    path("batches/<int:pk>/send/", batches.send_batch, name="batch-send"),
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
    path("admin/", admin.site.urls),
]
