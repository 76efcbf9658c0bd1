using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient.Json;

/// <summary>The generated serializers of everything that is sent and received.</summary>
[JsonSourceGenerationOptions(
    MaxDepth = 128, // A value may have 64 levels, and an answer has some around it.
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(DurationConverter), typeof(ExitCodeRangeConverter), typeof(ArtifactPatternConverter),
        typeof(ResourcesConverter)])]
[JsonSerializable(typeof(TaskSpec))]
[JsonSerializable(typeof(BatchSpec))]
[JsonSerializable(typeof(TaskDetails))]
[JsonSerializable(typeof(BatchAccepted))]
[JsonSerializable(typeof(BatchCounts))]
[JsonSerializable(typeof(AttemptList))]
[JsonSerializable(typeof(WhyWaiting))]
[JsonSerializable(typeof(LogPiece))]
[JsonSerializable(typeof(JobSpec))]
[JsonSerializable(typeof(JobDetails))]
[JsonSerializable(typeof(ItemsAccepted))]
[JsonSerializable(typeof(ScheduleSpec))]
[JsonSerializable(typeof(ScheduleDetails))]
[JsonSerializable(typeof(Triggered))]
[JsonSerializable(typeof(WorkflowSpec))]
[JsonSerializable(typeof(WorkflowDetails))]
[JsonSerializable(typeof(QueueDetails))]
[JsonSerializable(typeof(QueueForecast))]
[JsonSerializable(typeof(QueueChange))]
[JsonSerializable(typeof(DefinitionRunSpec))]
[JsonSerializable(typeof(StartedRun))]
[JsonSerializable(typeof(TriggerDetails))]
[JsonSerializable(typeof(Page<TriggerDetails>))]
[JsonSerializable(typeof(CalendarDetails))]
[JsonSerializable(typeof(Page<CalendarDetails>))]
[JsonSerializable(typeof(NotificationDetails))]
[JsonSerializable(typeof(Page<NotificationDetails>))]
[JsonSerializable(typeof(NotificationTest))]
[JsonSerializable(typeof(Page<DefinitionRunDetails>))]
[JsonSerializable(typeof(DefinitionDetails))]
[JsonSerializable(typeof(Page<DefinitionDetails>))]
[JsonSerializable(typeof(FileNames))]
[JsonSerializable(typeof(MissingFiles))]
[JsonSerializable(typeof(Page<StoredFile>))]
[JsonSerializable(typeof(Page<Artifact>))]
[JsonSerializable(typeof(Page<WorkflowArtifact>))]
[JsonSerializable(typeof(ServiceEvent))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Page<TaskRow>))]
[JsonSerializable(typeof(Page<JobDetails>))]
[JsonSerializable(typeof(Page<JobFailure>))]
[JsonSerializable(typeof(Page<ScheduleDetails>))]
[JsonSerializable(typeof(Page<QueueDetails>))]
[JsonSerializable(typeof(Page<WorkflowDetails>))]
[JsonSerializable(typeof(Page<WorkflowNodeDetails>))]
internal sealed partial class ApiJson : JsonSerializerContext;
