using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Calendars;
using OrleansTasks.Client.Calendars;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Link;
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

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// The grains that the gateway calls, with their keys. Members throw <see cref="SiloUnavailableException"/> until a
/// silo has answered.
/// </summary>
/// <param name="factory">Creates references.</param>
/// <param name="time">The clock, for the pauses before calls are repeated.</param>
/// <param name="link">The link to the silos; null if it is always up.</param>
public sealed class GatewayGrains(IGrainFactory factory, TimeProvider? time = null, IClusterLink? link = null)
{
    private const string ReaderKey = "reader";

    /// <summary>Makes calls that change something.</summary>
    internal Writes Writes { get; } = new(time ?? TimeProvider.System, link);

    /// <summary>Reads tasks.</summary>
    public ITaskReaderGrain Tasks => field ??= Find<ITaskReaderGrain>(ReaderKey);

    /// <summary>Reads events.</summary>
    public IEventReaderGrain Events => field ??= Find<IEventReaderGrain>(ReaderKey);

    /// <summary>Reads stored files.</summary>
    public IFileReaderGrain Files => field ??= Find<IFileReaderGrain>(ReaderKey);

    /// <summary>Returns a new upload of a file.</summary>
    public IFileUploadGrain NewUpload()
    {
        _ = Files;
        return factory.GetGrain<IFileUploadGrain>(Guid.NewGuid());
    }

    /// <summary>Reads queues.</summary>
    public IQueueReaderGrain Queues => field ??= Find<IQueueReaderGrain>(ReaderKey);

    /// <summary>Changes a queue.</summary>
    public IQueueGrain Queue(string name) => factory.Reference<IQueueGrain>(name);

    /// <summary>Reads API keys.</summary>
    public IAccessReaderGrain Access => field ??= Find<IAccessReaderGrain>(ReaderKey);

    /// <summary>Changes API keys.</summary>
    public IKeyGrain Keys => field ??= Find<IKeyGrain>(IKeyGrain.OnlyKey);

    /// <summary>Reads the audit.</summary>
    public IAuditReaderGrain Audit => field ??= Find<IAuditReaderGrain>(ReaderKey);

    /// <summary>Reports the state of the store.</summary>
    public IClusterReaderGrain Cluster => field ??= Find<IClusterReaderGrain>(ReaderKey);

    /// <summary>Lists and forgets nodes.</summary>
    public IFleetGrain Fleet => field ??= Find<IFleetGrain>("fleet");

    /// <summary>Reads jobs.</summary>
    public IJobReaderGrain Jobs => field ??= Find<IJobReaderGrain>(ReaderKey);

    /// <summary>Runs a job.</summary>
    public IJobGrain Job(TaskId id) => Find<IJobGrain>(id.ToString());

    /// <summary>Creates join tokens.</summary>
    public ITrustGrain Trust => field ??= Find<ITrustGrain>("trust");

    /// <summary>Reads schedules.</summary>
    public IScheduleReaderGrain Schedules => field ??= Find<IScheduleReaderGrain>(ReaderKey);

    /// <summary>Reads and changes calendars.</summary>
    public ICalendarGrain Calendars => field ??= Find<ICalendarGrain>(ICalendarGrain.OnlyKey);

    /// <summary>The calendars as this gateway knows them.</summary>
    internal GatewayCalendars KnownCalendars => field ??= new GatewayCalendars(this);

    /// <summary>Reads workflows.</summary>
    public IWorkflowReaderGrain Workflows => field ??= Find<IWorkflowReaderGrain>(ReaderKey);

    /// <summary>Reads rollouts.</summary>
    public IRolloutReaderGrain Rollouts => field ??= Find<IRolloutReaderGrain>(ReaderKey);

    /// <summary>Reads and changes webhooks.</summary>
    public IWebhookGrain Webhooks => field ??= Find<IWebhookGrain>(IWebhookGrain.OnlyKey);

    /// <summary>Stores definitions, and records their runs.</summary>
    public IDefinitionGrain Definitions => field ??= Find<IDefinitionGrain>(IDefinitionGrain.OnlyKey);

    /// <summary>Stores triggers.</summary>
    public ITriggerGrain Triggers => field ??= Find<ITriggerGrain>(ITriggerGrain.OnlyKey);

    /// <summary>Stores, sends and tests notifications.</summary>
    public INotificationGrain Notifications => field ??= Find<INotificationGrain>(INotificationGrain.OnlyKey);

    /// <summary>Returns the dispatcher of a queue.</summary>
    public ITaskDispatcherGrain Dispatcher(string queue) =>
        Find<ITaskDispatcherGrain>(queue);

    /// <summary>Returns the dispatcher of a task's queue.</summary>
    public ITaskDispatcherGrain DispatcherOf(TaskRecord task) =>
        Dispatcher(task.Queue);

    /// <summary>Returns the grain of a node.</summary>
    public INodeGrain Node(string id) => Find<INodeGrain>(id);

    private T Find<T>(string key) where T : IGrainWithStringKey
    {
        try
        {
            return factory.Reference<T>(key);
        }
        catch (ArgumentException e)
        {
            // A gateway without a silo of its own learns from the first silo that answers which grains exist.
            throw new SiloUnavailableException("No silo has answered yet.", e);
        }
    }
}
