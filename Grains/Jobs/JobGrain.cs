using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Audit;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The grain of one data job: cuts the items of the job's source into chunks, which workers process,
/// merges the results of ended chunks, and shows the job. The grain's key is the job's id.
/// Gateways call the grain to create the job,
/// to post items, and to close or cancel the job; <see cref="JobReaderGrain"/> calls <see cref="Get"/> to show the job.
/// The dispatcher of the job's queue, which stores the job and has its chunks run, calls <see cref="Ended"/>.
/// </summary>
/// <remarks>
/// <para>
/// Each method only puts a request into <see cref="JobInbox"/> and starts the loop;
/// the returned task completes when the loop has answered. The loop has <see cref="JobRunner"/> perform one round
/// after the other, until nothing is left to do. A timer then starts the loop when the next thing is due.
/// <see cref="IJobGrain"/> marks every method <c>AlwaysInterleave</c>, so calls arrive while the loop awaits.
/// Only the loop calls <see cref="JobRunner.Round"/>, so rounds never overlap.
/// </para>
/// <para>
/// When a round throws, memory may differ from the store. The activation then fails all waiting and later callers, and
/// deactivates. The next activation reads the job from the store.
/// </para>
/// <para>
/// An open job needs an activation to go on. After a restart or a failure, the silo's upkeep provides one: it calls
/// <see cref="EnsureActive"/> for every open job every few seconds. See <c>docs/jobs.md</c>.
/// </para>
/// </remarks>
[GrainType("job")]
public sealed partial class JobGrain(ITaskStore store, TimeProvider time, ILogger<JobGrain> logger) : Grain, IJobGrain
{
    private readonly JobInbox inbox = new();
    private JobRunner runner = null!;
    private IGrainTimer? timer;

    /// <summary>
    /// Why this activation has failed; null while it works. Set once.
    /// Every later call fails, except hints, which are ignored.
    /// </summary>
    private Exception? poison;

    /// <summary>Whether the loop is running, perhaps at an await. At most one loop runs at a time.</summary>
    private bool isLooping;

    /// <summary>
    /// The job in memory, for the simulator's checks; null before the job was read from the store,
    /// and when the job does not exist.
    /// </summary>
    internal JobCore? Core => runner.Job;

    /// <summary>The job's id, from the grain's key. Jobs and tasks have ids of the same type.</summary>
    private TaskId Id { get; set; }

    /// <summary>Whether the disk is nearly full. The store keeps the rest of the disk for results.</summary>
    private bool IsDiskLow => !store.Health.MayGrow();

    /// <summary>
    /// Creates the runner, and a timer that is not set yet.
    /// Reads nothing: the first round reads the job from the store.
    /// </summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Id = TaskId.TryParse(this.GetPrimaryKeyString(), out var id) ? id : throw new ArgumentException("The key is no job id.");
        runner = new JobRunner(
            Id, store.Jobs, GrainFactory, FindFile, new SteadyClock(time), job => LogEnded(Id, job.Phase.ToState(), job.ItemsDone),
            () => IsDiskLow, ServiceProvider.GetService<JobOptions>() ?? new JobOptions());
        timer = this.RegisterGrainTimer(
            static (grain, _) => grain.Wake(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// While the disk is nearly full, a repeat of a creation is refused as well, although the job may be stored
    /// already. A gateway that repeats because it does not know the outcome then answers that the outcome is unknown.
    /// </remarks>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) => IsDiskLow
        ? Task.FromException<JobReply>(JobFaults.DiskIsLow())
        : Ask(() => inbox.Create(spec, idempotency));

    /// <inheritdoc/>
    public Task<JobView?> Get() => Ask(inbox.Gets.Add);

    /// <inheritdoc/>
    public Task<JobInsight?> Inspect(JobLook look) => Ask(() => inbox.Looks.Add(look));

    /// <inheritdoc/>
    public Task<bool> Cancel()
    {
        var origin = Origin.Of(AuditActions.CancelJob);
        return Ask(() => inbox.Cancel(origin));
    }

    /// <inheritdoc/>
    public Task<CloseOutcome> Close() => Ask(inbox.Closes.Add);

    /// <inheritdoc/>
    public Task<AppendReply> Append(JobBlock block) => Ask(() => inbox.Append(block));

    /// <inheritdoc/>
    /// <remarks>
    /// Returns at once. The call activates the grain and starts the loop, whose first round reads the job.
    /// </remarks>
    public Task EnsureActive() => Ask(static () => Task.FromResult(true));

    /// <inheritdoc/>
    public Task Ended(ImmutableArray<EndedChunk> chunks)
    {
        // A failed activation runs no more rounds, so nobody takes the hint.
        // The next activation reads the ended chunks from the store.
        inbox.Ended.Add(chunks);
        return Wake();
    }

    /// <summary>
    /// Puts a request into the inbox and starts the loop.
    /// Returns the task of the answer, which <paramref name="add"/> returns when it adds the request.
    /// </summary>
    private Task<T> Ask<T>(Func<Task<T>> add)
    {
        if (poison is not null)
            return Task.FromException<T>(JobFaults.ToCaller(poison));
        var answer = add();
        Run();
        return answer;
    }

    /// <summary>
    /// Starts the loop unless the activation has failed. Called by the timer and for hints, which await no answer.
    /// </summary>
    private Task Wake()
    {
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Starts the loop unless it runs. Nobody awaits the loop;
    /// <see cref="Loop"/> turns an exception of a round into <see cref="poison"/>.
    /// </summary>
    private void Run()
    {
        if (isLooping)
            return;
        isLooping = true;
        _ = Loop();
    }

    /// <summary>
    /// Performs rounds until a round did nothing and no request waits, and then sets the timer.
    /// Nothing is awaited between the last look at the inbox and the end of the loop,
    /// so a request either is seen by the loop or starts a new one.
    /// </summary>
    private async Task Loop()
    {
        // The loop goes on after the call that started it.
        Origin.Detach();
        TaskTraces.Leave();
        try
        {
            while (await runner.Round(inbox) || !inbox.IsEmpty)
            {
            }
        }
        catch (Exception exception)
        {
            Poison(exception);
        }
        finally
        {
            isLooping = false;
            if (poison is null && runner.NextWait() is { } wait)
                timer?.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Fails all waiting callers of this activation, makes later calls fail, and deactivates.
    /// The runner's memory is not used again.
    /// </summary>
    private void Poison(Exception cause)
    {
        poison = cause;
        LogActivationFailed(Id, cause);
        inbox.Fail(cause);
        DeactivateOnIdle();
    }

    private SourceFile FindFile(string path) =>
        ServiceProvider.GetService<ISourceFiles>()?.Find(path) ?? new SourceFile(null, "cannot be read: this silo reads no files");
}
