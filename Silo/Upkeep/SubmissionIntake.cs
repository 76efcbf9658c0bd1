using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Silo.Upkeep;

/// <summary>
/// Takes the tasks that programs submitted in their own transactions (<see cref="ISubmissionStore"/>): validates them as
/// the gateway validates a request, and passes them to the queue's dispatcher, whose commit deletes the submission. Each
/// silo takes those of the queues whose home it is; two silos that take the same one create one task.
/// </summary>
/// <remarks>
/// The submissions of a queue are taken one page after another, so they keep their order. Queues do not wait for each
/// other. While a queue is full, its submissions wait in the database.
/// </remarks>
public sealed partial class SubmissionIntake(
    ISubmissionStore submissions, ITaskStore tasks, SiloHomes homes, IGrainFactory grains, TimeProvider time,
    ILogger<SubmissionIntake> logger)
    : BackgroundService
{
    // Of so many looks without a notification, one takes the queues of all homes: a home may be failing.
    private const int TakesAllEvery = 6;

    // Notifications may be lost or switched off, so the intake also looks by itself.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // How long submissions wait for their home before this silo takes them too.
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(10);

    // Each page is up to 2 MiB, and after an outage there may be one for each queue.
    private const int MostPages = 32;

    private readonly Lock gate = new();
    private readonly SemaphoreSlim pages = new(MostPages);

    // The queues whose submissions are being taken, and whether to look at them once more.
    private readonly Dictionary<string, bool> busy = new(StringComparer.Ordinal);
    private int looks;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next look may do better.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var fails = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Look(await submissions.Wait(Period, stoppingToken), stoppingToken);
                fails = false;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                if (!fails)
                    ListFailed(failure);
                fails = true;
                await Task.Delay(Period, time, stoppingToken);
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        pages.Dispose();
        base.Dispose();
    }

    /// <summary>Starts to take the submissions of these queues; null for all queues that have any.</summary>
    private async Task Look(ImmutableArray<string>? queues, CancellationToken stopping)
    {
        var takesAll = queues is null && looks++ % TakesAllEvery == 0;
        foreach (var queue in queues ?? await submissions.Queues(stopping))
        {
            if (takesAll || homes.IsHere(queue))
                Start(queue, stopping);
        }
    }

    private void Start(string queue, CancellationToken stopping)
    {
        lock (gate)
        {
            if (!busy.TryAdd(queue, false))
            {
                busy[queue] = true;
                return;
            }
        }

        _ = TakeAll(queue, stopping);
    }

    private async Task TakeAll(string queue, CancellationToken stopping)
    {
        do
            await TakeWaiting(queue, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (MustLookAgain(queue));
    }

    private bool MustLookAgain(string queue)
    {
        lock (gate)
        {
            if (!busy[queue])
            {
                busy.Remove(queue);
                return false;
            }

            busy[queue] = false;
            return true;
        }
    }

    /// <summary>Takes a queue's submissions until none waits. Throws only if the silo stops.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next try may do better.")]
    private async Task TakeWaiting(string queue, CancellationToken stopping)
    {
        HashSet<TaskId> accepted = [];
        for (var failures = 0; ;)
        {
            var pause = TimeSpan.Zero;
            await pages.WaitAsync(stopping);
            try
            {
                var page = await submissions.Read(queue, stopping);
                if (page.IsEmpty || (!homes.IsHere(queue) && Age(page[0]) < Stale))
                    return;
                accepted.IntersectWith(page.Select(static row => row.Id));
                pause = await Submit(queue, page, accepted);
                failures = 0;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                if (failures++ == 0)
                    TakeFailed(failure, queue);
                // A database that has failed over may no longer have what was accepted.
                accepted.Clear();
                pause = Period * (1 << Math.Min(failures - 1, 5));
            }
            finally
            {
                pages.Release();
            }

            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, time, stopping);
        }
    }

    // The row's time is by the database's clock. While this silo's is far behind it, rows count as old: they are then taken by
    // two silos, of which one finds them accepted.
    private TimeSpan Age(SubmissionRow row) =>
        TimeSpan.FromMilliseconds(Math.Abs(time.GetUtcNow().ToUnixTimeMilliseconds() - row.Id.CreatedAt));

    /// <summary>Submits a page, or a part of it, and returns how long to wait before the next one.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="page">The submissions, in order.</param>
    /// <param name="accepted">The tasks of the page that the dispatcher has accepted before.</param>
    private async Task<TimeSpan> Submit(string queue, ImmutableArray<SubmissionRow> page, HashSet<TaskId> accepted)
    {
        var refused = new List<(TaskId Task, string Error)>();
        var requests = ReadPage(queue, page, accepted, refused);
        if (await CreatesQueueInVain(queue, requests))
        {
            foreach (var task in requests.Select(static request => request.Tasks[0]))
                refused.Add((task.Id, Unknown(task, Enumerable.Range(0, task.After!.Value.Length))));
            requests = [];
        }

        var replies = requests.IsEmpty ? [] : await grains.Reference<ITaskDispatcherGrain>(queue).Submit(requests);
        NoteReplies(requests, replies, accepted, refused);
        foreach (var (task, error) in refused)
            await submissions.Refuse(task, error);
        if (refused is [var (first, why), ..])
            Refused(refused.Count, queue, first, why);
        return PauseAfter(replies);
    }

    /// <summary>
    /// Reads a page up to the first task that waits for another one of it. Adds the invalid tasks to
    /// <paramref name="refused"/>.
    /// </summary>
    private static ImmutableArray<SubmitRequest> ReadPage(
        string queue, ImmutableArray<SubmissionRow> page, HashSet<TaskId> accepted,
        List<(TaskId Task, string Error)> refused)
    {
        var requests = ImmutableArray.CreateBuilder<SubmitRequest>(page.Length);
        foreach (var row in page)
        {
            var (task, error) = accepted.Contains(row.Id)
                ? (null, "A task with this id exists already.")
                : Read(row, queue);
            // A task that waits for another one needs it stored, so it belongs to the next page.
            if (task?.After is { } after && requests.Any(one => after.Any(parent => parent.Task == one.Tasks[0].Id)))
                break;
            // Repeated: an earlier call whose answer was lost may have created the task.
            if (task is not null)
                requests.Add(new SubmitRequest([task], Batch: null, Idempotency: null, Repeated: true));
            else
                refused.Add((row.Id, error));
        }

        return requests.DrainToImmutable();
    }

    // A dispatcher creates its queue before it refuses tasks that wait for unknown ones.
    private async Task<bool> CreatesQueueInVain(string queue, ImmutableArray<SubmitRequest> requests) =>
        !requests.IsEmpty
        && requests.All(static request => request.Tasks[0].After is { IsEmpty: false })
        && !await Exists(queue, requests[0].Tasks[0].After!.Value[0].Task);

    private static void NoteReplies(
        ImmutableArray<SubmitRequest> requests, ImmutableArray<SubmitReply> replies, HashSet<TaskId> accepted,
        List<(TaskId Task, string Error)> refused)
    {
        for (var i = 0; i < replies.Length; i++)
        {
            var task = requests[i].Tasks[0];
            if (replies[i].Outcome == SubmitOutcome.Accepted)
                accepted.Add(task.Id);
            else if (replies[i].Outcome == SubmitOutcome.UnknownTask)
                refused.Add((task.Id, Unknown(task, (replies[i].Unknown ?? []).Select(static place => place.Item))));
            else if (replies[i].Outcome == SubmitOutcome.Refused)
                refused.Add((task.Id, "The store refused the task."));
        }
    }

    private static TimeSpan PauseAfter(ImmutableArray<SubmitReply> replies)
    {
        var full = replies.Where(static reply => reply.Outcome == SubmitOutcome.QueueFull).ToArray();
        if (full.Length == 0)
            return TimeSpan.Zero;
        var wanted = TimeSpan.FromMilliseconds(full.Max(static reply => reply.RetryAfter));
        return wanted < ShortestPause ? ShortestPause : wanted > LongestPause ? LongestPause : wanted;
    }

    /// <summary>
    /// Returns the task, or null and the error. The task was valid or not when it was submitted; time that has passed
    /// since changes nothing.
    /// </summary>
    private static (TaskSubmission? Task, string Error) Read(SubmissionRow row, string queue)
    {
        var errors = new SpecErrors();
        if (TaskSpecReader.Read(row.Task, row.Id.CreatedAt, errors, out var extent) is not { } spec)
            return (null, errors.Malformed ?? string.Join("; ", errors.Items.Select(static item => $"{item.Path}: {item.Message}")));
        if (spec.Unique is not null)
            return (null, "unique: is not allowed for a task that is submitted in a transaction");
        return spec.Queue == queue
            ? (TaskSubmission.Of(row.Id, spec, extent, row.Task) with { IsTransactional = true }, "")
            : (null, $"queue: the task names queue {spec.Queue}, but was submitted to {queue}");
    }

    /// <summary>Returns whether the queue exists. A task in it shows that, which is cheaper than to list all queues.</summary>
    private async Task<bool> Exists(string queue, TaskId task) =>
        queue == QueueSettings.DefaultQueue
        || (await tasks.Get(task))?.Queue == queue
        || (await tasks.ListQueues()).Any(status => status.Queue == queue);

    private static string Unknown(TaskSubmission task, IEnumerable<int> items) => string.Join("; ", items.Take(SubmitReply.MostUnknown)
        .Select(item => $"after[{item}]: the queue has no task {task.After?[item].Task}; name tasks of the same queue"));
}
