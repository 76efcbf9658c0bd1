using OrleansTasks.Calendars;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Dispatch;

/// <summary>The stores that a dispatcher reads and writes.</summary>
/// <param name="Tasks">The queues' tasks, jobs, schedules, workflows and rollouts. The only one that it writes.</param>
/// <param name="Queues">The settings of queues.</param>
/// <param name="Calendars">The calendars of schedules.</param>
/// <param name="Outputs">The outputs of tasks, for the items of workflow nodes.</param>
/// <param name="Files">The files that tasks name, for the items of workflow nodes.</param>
internal sealed record DispatchStores(
    ITaskStore Tasks, IQueueStore Queues, CalendarBook Calendars, IOutputStore Outputs, IFileIndex Files);
