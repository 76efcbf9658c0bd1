using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Calendars;
using OrleansTasks.Definitions;
using OrleansTasks.Events;
using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Notifications;
using OrleansTasks.Queues;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Triggers;
using OrleansTasks.Trust;
using OrleansTasks.Webhooks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Cluster.Status;

/// <summary>
/// The types of our grains, by the names of their interfaces and classes. A gateway has no grain classes, whose attributes
/// say the same (a test compares them).
/// </summary>
public static class GrainTypes
{
    private static readonly Dictionary<string, string> ByInterface = new(StringComparer.Ordinal)
    {
        [NameOf<IAccessReaderGrain>()] = "access-reader",
        [NameOf<IArtifactRetentionGrain>()] = "artifact-retention",
        [NameOf<IAuditReaderGrain>()] = "audit-reader",
        [NameOf<ICalendarGrain>()] = "calendars",
        [NameOf<IClusterReaderGrain>()] = "cluster-reader",
        [NameOf<IDefinitionGrain>()] = "definitions",
        [NameOf<ITriggerGrain>()] = "triggers",
        [NameOf<INotificationGrain>()] = "notifications",
        [NameOf<IEventReaderGrain>()] = "event-reader",
        [NameOf<IFileReaderGrain>()] = "file-reader",
        [NameOf<IFileUploadGrain>()] = "file-upload",
        [NameOf<IFleetGrain>()] = "fleet",
        [NameOf<IJobGrain>()] = "job",
        [NameOf<IJobReaderGrain>()] = "job-reader",
        [NameOf<IKeyGrain>()] = "access-keys",
        [NameOf<INodeGrain>()] = "node",
        [NameOf<IQueueGrain>()] = "queue",
        [NameOf<IQueueReaderGrain>()] = "queue-reader",
        [NameOf<IRolloutReaderGrain>()] = "rollout-reader",
        [NameOf<IScheduleReaderGrain>()] = "schedule-reader",
        [NameOf<ITaskDispatcherGrain>()] = "task-dispatcher",
        [NameOf<ITaskReaderGrain>()] = "task-reader",
        [NameOf<ITrustGrain>()] = "trust",
        [NameOf<IWebhookGrain>()] = "webhooks",
        [NameOf<IWorkflowReaderGrain>()] = "workflow-reader",
    };

    // A class has its interface's name without the I. The engine's own grain has no interface here.
    private static readonly Dictionary<string, string> ByClass =
        ByInterface.Select(static pair => (Class: pair.Key[(pair.Key.LastIndexOf('.') + 2)..], pair.Value))
            .Append(("OrleansCommandQueueGrain", "command-queue"))
            .ToDictionary(static pair => pair.Item1, static pair => pair.Item2, StringComparer.Ordinal);

    /// <summary>
    /// Returns the grain type for the full name of an interface, such as <c>cluster-reader</c>; null if it is not a
    /// grain's, such as an observer's.
    /// </summary>
    public static string? Of(string grainInterface) => ByInterface.GetValueOrDefault(grainInterface);

    /// <summary>Returns the grain type for the full name of a class; null if it is not one of our grains.</summary>
    public static string? OfClass(string grainClass)
    {
        ArgumentNullException.ThrowIfNull(grainClass);
        return ByClass.GetValueOrDefault(grainClass[(grainClass.LastIndexOf('.') + 1)..]);
    }

    private static string NameOf<T>() where T : IGrain => typeof(T).FullName!;
}
