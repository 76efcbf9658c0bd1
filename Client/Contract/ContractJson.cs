using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Calendars;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Failures;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Keys;
using OrleansTasks.Client.Live;
using OrleansTasks.Client.Nodes;
using OrleansTasks.Client.Notifications;
using OrleansTasks.Client.Operations;
using OrleansTasks.Client.OutputSearch;
using OrleansTasks.Client.Queues;
using OrleansTasks.Client.Rollouts;
using OrleansTasks.Client.Schedules;
using OrleansTasks.Client.Search;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Triggers;
using OrleansTasks.Client.Webhooks;
using OrleansTasks.Client.Workflows;
using OrleansTasks.Queues;
using OrleansTasks.Trust;

namespace OrleansTasks.Client.Contract;

/// <summary>
/// The generated code that writes the contract's records. The answers to submissions are copied between bytes that it
/// wrote once (<see cref="AcceptedJson"/>). A converter belongs to a type. With a converter in these options,
/// System.Text.Json would not use any generated writer; with one at a member, it would not use that of the member's
/// record.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TaskAnswer))]
[JsonSerializable(typeof(TaskRowAnswer))]
[JsonSerializable(typeof(WholeList<AttemptAnswer>))]
[JsonSerializable(typeof(WholeList<TimelineEntryAnswer>))]
[JsonSerializable(typeof(SummaryAnswer))]
[JsonSerializable(typeof(BatchAnswer))]
[JsonSerializable(typeof(HistogramAnswer))]
[JsonSerializable(typeof(BoardProgress))]
[JsonSerializable(typeof(QueueAnswer))]
[JsonSerializable(typeof(WholeList<QueueAnswer>))]
[JsonSerializable(typeof(ForecastAnswer))]
[JsonSerializable(typeof(QueueChange))]
[JsonSerializable(typeof(CalendarAnswer))]
[JsonSerializable(typeof(WholeList<CalendarAnswer>))]
[JsonSerializable(typeof(NotificationBody))]
[JsonSerializable(typeof(NotificationAnswer))]
[JsonSerializable(typeof(WholeList<NotificationAnswer>))]
[JsonSerializable(typeof(NotificationTestAnswer))]
[JsonSerializable(typeof(TriggerBody))]
[JsonSerializable(typeof(TriggerAnswer))]
[JsonSerializable(typeof(WholeList<TriggerAnswer>))]
[JsonSerializable(typeof(TriggerTestAnswer))]
[JsonSerializable(typeof(StartedByTriggerAnswer))]
[JsonSerializable(typeof(IgnoredDeliveryAnswer))]
[JsonSerializable(typeof(SlackChallengeAnswer))]
[JsonSerializable(typeof(NodeAnswer))]
[JsonSerializable(typeof(WholeList<NodeAnswer>))]
[JsonSerializable(typeof(WholeList<NodeChangeAnswer>))]
[JsonSerializable(typeof(WholeList<DemandAnswer>))]
[JsonSerializable(typeof(JoinTokenAnswer))]
[JsonSerializable(typeof(TokenTerms))]
[JsonSerializable(typeof(WholeList<KeyAnswer>))]
[JsonSerializable(typeof(CreatedKeyAnswer))]
[JsonSerializable(typeof(KeySpec))]
[JsonSerializable(typeof(WholeList<BrowserSessionAnswer>))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(PagedList<AuditRecordAnswer>))]
[JsonSerializable(typeof(WholeList<WebhookSettingsAnswer>))]
[JsonSerializable(typeof(CreatedWebhookAnswer))]
[JsonSerializable(typeof(PagedList<DeliveryAnswer>))]
[JsonSerializable(typeof(WholeList<AttentionAnswer>))]
[JsonSerializable(typeof(WholeList<GrainTypeAnswer>))]
[JsonSerializable(typeof(GrainAnswer))]
[JsonSerializable(typeof(SiloAnswer))]
[JsonSerializable(typeof(ClusterAnswer))]
[JsonSerializable(typeof(SeriesAnswer))]
[JsonSerializable(typeof(PagedList<StoredScheduleAnswer>))]
[JsonSerializable(typeof(PreviewAnswer))]
[JsonSerializable(typeof(UpcomingAnswer))]
[JsonSerializable(typeof(LoadAnswer))]
[JsonSerializable(typeof(BackfillAnswer))]
[JsonSerializable(typeof(BackfillCancelledAnswer))]
[JsonSerializable(typeof(PagedList<OccurrenceAnswer>))]
[JsonSerializable(typeof(PagedList<RolloutAnswer>))]
[JsonSerializable(typeof(PagedList<RolloutNodeAnswer>))]
[JsonSerializable(typeof(RolloutOutputAnswer))]
[JsonSerializable(typeof(PagedList<FailureAnswer>))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(Snooze))]
[JsonSerializable(typeof(OutputIndexAnswer))]
[JsonSerializable(typeof(OutputMatchesAnswer))]
[JsonSerializable(typeof(LogMatchesAnswer))]
[JsonSerializable(typeof(OperationAnswer))]
[JsonSerializable(typeof(UndoneAnswer))]
[JsonSerializable(typeof(UploadedFileAnswer))]
[JsonSerializable(typeof(WholeList<ArchivedFileAnswer>))]
[JsonSerializable(typeof(FileNamesBody))]
[JsonSerializable(typeof(MissingFilesAnswer))]
[JsonSerializable(typeof(ArtifactListAnswer))]
[JsonSerializable(typeof(WorkflowArtifactListAnswer))]
[JsonSerializable(typeof(CursorList<StoredFileAnswer>))]
[JsonSerializable(typeof(DefinitionBody))]
[JsonSerializable(typeof(PagedList<DefinitionAnswer>))]
[JsonSerializable(typeof(PagedList<DefinitionVersionAnswer>))]
[JsonSerializable(typeof(DefinitionRunBody))]
[JsonSerializable(typeof(StartedRunAnswer))]
[JsonSerializable(typeof(PagedList<DefinitionRunAnswer>))]
[JsonSerializable(typeof(PagedList<JobAnswer>))]
[JsonSerializable(typeof(PagedList<JobFailureAnswer>))]
[JsonSerializable(typeof(ItemsAcceptedAnswer))]
[JsonSerializable(typeof(JobStatsAnswer))]
[JsonSerializable(typeof(PagedList<JobChunkAnswer>))]
[JsonSerializable(typeof(JobHistoryAnswer))]
[JsonSerializable(typeof(PagedList<WorkflowAnswer>))]
[JsonSerializable(typeof(PagedList<WorkflowNodeAnswer>))]
[JsonSerializable(typeof(EventListAnswer))]
internal sealed partial class ContractJson : JsonSerializerContext
{
    /// <summary>Sends an answer.</summary>
    public static Task Send<T>(HttpContext context, T answer)
    {
        var json = JsonAnswer.Rent();
        Write(json.Writer, answer);
        return json.Send(context.Response);
    }

    /// <summary>Writes an answer or a part of one.</summary>
    public static void Write<T>(Utf8JsonWriter json, T answer) =>
        JsonSerializer.Serialize(json, answer, Of<T>.Type);

    private static class Of<T>
    {
        public static readonly JsonTypeInfo<T> Type =
            (JsonTypeInfo<T>)Default.GetTypeInfo(typeof(T))!;
    }
}
