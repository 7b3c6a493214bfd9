"""The limits of the org: what it may spend and what is left of it."""

from types import MappingProxyType

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.errors import method_not_allowed, not_found
from orgsim.store import Store
from orgsim.usage import ApiUsage

__all__ = ["LimitsResource"]

# What a Developer Edition org may spend. Nothing in this org draws on these, so all is left.
_UNTOUCHED = MappingProxyType(
    {
        "ActiveScratchOrgs": 3,
        "AnalyticsExternalDataSizeMB": 40_960,
        "ConcurrentAsyncGetReportInstances": 200,
        "ConcurrentEinsteinDataInsightsStoryCreation": 5,
        "ConcurrentEinsteinDiscoveryStoryCreation": 2,
        "ConcurrentSyncReportRuns": 20,
        "DailyAnalyticsDataflowJobExecutions": 60,
        "DailyAnalyticsUploadedFilesSizeMB": 51_200,
        "DailyAsyncApexExecutions": 250_000,
        "DailyAsyncApexTests": 500,
        "DailyBulkApiBatches": 15_000,
        "DailyBulkV2QueryFileStorageMB": 976_562,
        "DailyBulkV2QueryJobs": 10_000,
        "DailyDeliveredPlatformEvents": 10_000,
        "DailyDurableGenericStreamingApiEvents": 10_000,
        "DailyDurableStreamingApiEvents": 10_000,
        "DailyEinsteinDataInsightsStoryCreation": 1000,
        "DailyEinsteinDiscoveryOptimizationJobRuns": 0,
        "DailyEinsteinDiscoveryPredictAPICalls": 50_000,
        "DailyEinsteinDiscoveryPredictionsByCDC": 500_000,
        "DailyEinsteinDiscoveryStoryCreation": 100,
        "DailyFunctionsApiCallLimit": 235_000,
        "DailyGenericStreamingApiEvents": 10_000,
        "DailyScratchOrgs": 6,
        "DailyStandardVolumePlatformEvents": 10_000,
        "DailyStreamingApiEvents": 10_000,
        "DailyWorkflowEmails": 1000,
        "DataStorageMB": 1024,
        "DurableStreamingApiConcurrentClients": 20,
        "FileStorageMB": 1024,
        "HourlyAsyncReportRuns": 1200,
        "HourlyDashboardRefreshes": 200,
        "HourlyDashboardResults": 5000,
        "HourlyDashboardStatuses": 999_999_999,
        "HourlyLongTermIdMapping": 100_000,
        "HourlyManagedContentPublicRequests": 50_000,
        "HourlyODataCallout": 20_000,
        "HourlyPublishedPlatformEvents": 50_000,
        "HourlyPublishedStandardVolumePlatformEvents": 1000,
        "HourlyShortTermIdMapping": 100_000,
        "HourlySyncReportRuns": 500,
        "HourlyTimeBasedWorkflow": 1000,
        "MassEmail": 5000,
        "MonthlyEinsteinDiscoveryStoryCreation": 500,
        "Package2VersionCreates": 6,
        "Package2VersionCreatesWithoutValidation": 500,
        "PrivateConnectOutboundCalloutHourlyLimitMB": 0,
        "PublishCallbackUsageInApex": 5_242_880,
        "SingleEmail": 5000,
        "StreamingApiConcurrentClients": 20,
    }
)
_PERMISSION_SETS, _CUSTOM_PERMISSION_SETS = 1500, 1000


class LimitsResource:
    """`/limits` and `/limits/recordCount`."""

    def __init__(self, store: Store, usage: ApiUsage) -> None:
        """Show what one org has spent; only API calls are ever spent."""
        self._store = store
        self._usage = usage

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer every documented limit as `{Max, Remaining}`, or how many records there are."""
        if call.method not in {"GET", "HEAD"}:
            raise method_not_allowed(call.method, "GET,HEAD")
        match call.segments[1:]:
            case ():
                return ApiAnswer(body=self._limits())
            case ("recordCount",):
                return self._record_count(call)
        raise not_found()

    def _limits(self) -> dict[str, object]:
        limits: dict[str, object] = {name: _whole(most) for name, most in _UNTOUCHED.items()}
        limits |= self._usage.as_limits(self._store.settings.api_limit)
        limits["PermissionSets"] = {
            **_whole(_PERMISSION_SETS),
            "CreateCustom": _whole(_CUSTOM_PERMISSION_SETS),
        }
        return dict(sorted(limits.items()))

    def _record_count(self, call: ApiCall) -> ApiAnswer:
        wanted = [name for name in call.params.get("sObjects", "").split(",") if name]
        objects = [self._store.schema.sobject(name.strip()) for name in wanted]
        shown = (
            [o for o in objects if o is not None]
            if wanted
            else list(self._store.schema.objects.values())
        )
        counts = [{"count": self._store.count(o.name), "name": o.name} for o in shown]
        return ApiAnswer(body={"sObjects": counts})


def _whole(most: int) -> dict[str, object]:
    return {"Max": most, "Remaining": most}
