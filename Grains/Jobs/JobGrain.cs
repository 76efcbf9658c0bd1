using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Audit;
using OrleansTasks.Cluster;
using OrleansTasks.Files;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The grain of one data job. Gateways create, feed, close and cancel the job through it; <see cref="JobReaderGrain"/>
/// shows the job; the queue's dispatcher, which stores the job and runs its chunks, calls <see cref="Ended"/>.
/// </summary>
/// <remarks>
/// <para>
/// Methods only add a request to <see cref="JobInbox"/> and start the loop, which answers it. The loop runs rounds
/// (<see cref="JobRunner"/>) until nothing is left to do; a timer starts it again when more work is due. Calls
/// interleave with the loop's awaits, but only the loop calls <see cref="JobRunner.Round"/>, so rounds never overlap.
/// </para>
/// <para>
/// When a round throws, memory may differ from the store. The activation then fails all waiting and later callers and
/// deactivates; the next one reads the store. The silo's upkeep calls <see cref="EnsureActive"/> for every open job
/// every few seconds, so each open job has an activation. See <c>docs/jobs.md</c>.
/// </para>
/// <para>
/// If the store refuses the data of the job's own work, a new runner reads the job and fails it. If the store refuses
/// that as well, the activation refuses all calls for <see cref="RestFor"/> before it ends, so that the next one does
/// not repeat the write at once.
/// </para>
/// </remarks>
[GrainType("job")]
public sealed partial class JobGrain(ITaskStore store, RefusedWrites refused, TimeProvider time, ILogger<JobGrain> logger) : Grain, IJobGrain
{
    /// <summary>How long a job rests whose failure the store refuses.</summary>
    public static readonly TimeSpan RestFor = TimeSpan.FromMinutes(10);

    private readonly JobInbox inbox = new();
    private JobRunner runner = null!;
    private IGrainTimer? timer;

    /// <summary>Why this activation failed; set once. Later calls fail, except hints, which are ignored.</summary>
    private Exception? poison;

    /// <summary>Whether the runner is the one that fails the job because the store refused its data.</summary>
    private bool isFailing;

    /// <summary>Whether the loop runs, possibly suspended at an await.</summary>
    private bool isLooping;

    /// <summary>Read by the simulator's checks.</summary>
    internal JobCore? Core => runner.Job;

    private TaskId Id { get; set; }

    /// <summary>Whether the disk is nearly full; the remaining space is for results.</summary>
    private bool IsDiskLow => !store.Health.MayGrow();

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Id = TaskId.TryParse(this.GetPrimaryKeyString(), out var id) ? id : throw new ArgumentException("The key is not a job id.");
        runner = NewRunner(refusal: null);
        timer = this.RegisterGrainTimer(
            static (grain, _) => grain.Wake(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// On a nearly full disk a repeated creation is refused as well, even if the job is stored. A gateway that repeats
    /// after an unknown outcome then answers that the outcome is unknown.
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
    public Task EnsureActive() => Ask(static () => Task.FromResult(true));

    /// <inheritdoc/>
    public Task Ended(ImmutableArray<EndedChunk> chunks)
    {
        // A failed activation ignores the hint; the next one reads the store.
        inbox.Ended.Add(chunks);
        return Wake();
    }

    /// <summary>Adds a request, starts the loop and returns the answer's task.</summary>
    private Task<T> Ask<T>(Func<Task<T>> add)
    {
        if (poison is not null)
            return Task.FromException<T>(JobFaults.ToCaller(poison));
        var answer = add();
        Run();
        return answer;
    }

    /// <summary>Starts the loop unless the activation has failed. For calls that await no answer.</summary>
    private Task Wake()
    {
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }

    /// <summary>Starts the loop unless it runs. <see cref="Loop"/> handles exceptions of rounds.</summary>
    private void Run()
    {
        if (isLooping)
            return;
        isLooping = true;
        _ = Loop();
    }

    /// <summary>
    /// Runs rounds until there is nothing to do, then sets the timer. There is no await between the last check of the
    /// inbox and the end, so a later request either is seen by that check or starts a new loop.
    /// </summary>
    private async Task Loop()
    {
        // The loop outlives the call that started it, so it must not carry that call's origin and trace.
        Origin.Detach();
        TaskTraces.Leave();
        try
        {
            while (await TryRound() || !inbox.IsEmpty)
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

    private JobRunner NewRunner(string? refusal) => new(
        Id, store.Jobs, GrainFactory, FindFiles, KeepResults, new SteadyClock(time),
        job => LogEnded(Id, job.Phase.ToState(), job.ItemsDone),
        () => IsDiskLow, ServiceProvider.GetService<JobOptions>() ?? new JobOptions(), refusal);

    /// <summary>Runs a round. If the store refuses what the job itself writes, the next round fails the job.</summary>
    private async Task<bool> TryRound()
    {
        try
        {
            return await runner.Round(inbox);
        }
        catch (StoreRefusedException fault) when (runner.IsOwnWork && !isFailing)
        {
            LogRefused(Id, fault);
            refused.Note("job", Id.ToString(), fault.Message);
            isFailing = true;
            runner = NewRunner(fault.Message);
            return true;
        }
    }

    /// <summary>Fails all waiting and later callers, and deactivates. The runner's memory is not used again.</summary>
    private void Poison(Exception cause)
    {
        poison = cause;
        LogActivationFailed(Id, cause);
        inbox.Fail(cause);
        if (cause is StoreRefusedException && runner.IsOwnWork)
            this.RegisterGrainTimer(static (end, _) => { end(); return Task.CompletedTask; }, DeactivateOnIdle, RestFor, Timeout.InfiniteTimeSpan);
        else
            DeactivateOnIdle();
    }

    private IFileIndex? FileIndex => ServiceProvider.GetService<IFileIndex>();

    private Task<string?> KeepResults() =>
        ServiceProvider.GetService<FileDepot>() is { } depot && FileIndex is { } index
            ? new ResultsFile(store.Jobs, depot, index, time).Keep(Id)
            : Task.FromResult<string?>("This silo stores no files.");

    private Task<FoundSource> FindFiles(JobSource source) =>
        new SourceFiles(ServiceProvider.GetService<ISourceFiles>(), store, FileIndex, time).Find(source);
}
