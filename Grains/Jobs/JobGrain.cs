using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The grain of one job. Its methods add requests to <see cref="JobInbox"/>; one loop calls <see cref="JobRunner"/>,
/// which performs the requests in rounds. When a round fails, the grain fails all waiting callers and deactivates, and
/// the next call activates the grain again. Calls interleave with the loop at its awaits, so only the loop touches the runner.
/// An open job goes on without callers because the silo's upkeep calls <see cref="EnsureActive"/> from time to time.
/// See <c>docs/jobs.md</c>.
/// </summary>
[GrainType("job")]
public sealed partial class JobGrain(ITaskStore store, TimeProvider time, ILogger<JobGrain> logger) : Grain, IJobGrain
{
    private readonly JobInbox inbox = new();
    private JobRunner runner = null!;
    private IGrainTimer? timer;

    /// <summary>Why the activation has failed; null while it works. Every later call fails with it.</summary>
    private Exception? poison;
    private bool isLooping;

    /// <summary>
    /// The job in memory, for the simulator's checks; null before the job was read from the store, and when the job does not exist.
    /// </summary>
    internal JobCore? Core => runner.Job;

    private TaskId Id { get; set; }

    /// <summary>Whether free space has fallen below the bound from which the rest is kept for results.</summary>
    private bool IsDiskLow => store.Health == StoreHealth.LowSpace;

    /// <summary>Prepares the runner and the timer, which first waits for ever. The first round reads the job from the store.</summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Id = TaskId.TryParse(this.GetPrimaryKeyString(), out var id) ? id : throw new ArgumentException("The key is no job id.");
        runner = new JobRunner(
            Id, store.Jobs, GrainFactory, FindFile, new SteadyClock(time), job => LogEnded(Id, job.Phase.ToState(), job.ItemsDone),
            () => IsDiskLow, ServiceProvider.GetService<JobOptions>() ?? new JobOptions());
        timer = this.RegisterGrainTimer(
            static (grain, _) => grain.TimeCame(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) => IsDiskLow
        ? Task.FromException<JobReply>(JobFaults.DiskIsLow())
        : Ask(() => inbox.Create(spec, idempotency));

    /// <inheritdoc/>
    public Task<JobView?> Get() => Ask(inbox.Gets.Add);

    /// <inheritdoc/>
    public Task<bool> Cancel() => Ask(inbox.Cancels.Add);

    /// <inheritdoc/>
    public Task<CloseOutcome> Close() => Ask(inbox.Closes.Add);

    /// <inheritdoc/>
    public Task<AppendReply> Append(JobBlock block) => Ask(() => inbox.Append(block));

    /// <inheritdoc/>
    public Task EnsureActive() => Ask(static () => Task.FromResult(true));

    /// <inheritdoc/>
    public Task Ended(ImmutableArray<EndedChunk> chunks)
    {
        // A failed activation ignores the hint: the next one reads the store.
        inbox.Ended.Add(chunks);
        return TimeCame();
    }

    /// <summary>Puts a request into the inbox by <paramref name="add"/>, and starts the loop. Returns the task of the answer.</summary>
    private Task<T> Ask<T>(Func<Task<T>> add)
    {
        if (poison is not null)
            return Task.FromException<T>(JobFaults.ToCaller(poison));
        var answer = add();
        Run();
        return answer;
    }

    private Task TimeCame()
    {
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }

    /// <summary>Starts the loop unless it runs. Loop handles its exceptions itself.</summary>
    private void Run()
    {
        if (isLooping)
            return;
        isLooping = true;
        _ = Loop();
    }

    /// <summary>
    /// Performs rounds until no request waits and nothing is to be stored, then sets the timer for the next round. Nothing is awaited
    /// between the last look at the inbox and the end of the loop, so no request is left behind.
    /// </summary>
    private async Task Loop()
    {
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

    /// <summary>Fails all waiting and later callers of this activation, and deactivates it.</summary>
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
