using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The grain of one job. Its methods add requests to <see cref="JobInbox"/>; one loop calls <see cref="JobRunner"/>,
/// which performs the requests in rounds. When a round fails, the grain fails all waiting callers and deactivates, and
/// the next call activates the grain again. See <c>docs/jobs.md</c>.
/// </summary>
[GrainType("job")]
public sealed partial class JobGrain(ITaskStore store, TimeProvider time, ILogger<JobGrain> logger) : Grain, IJobGrain
{
    private readonly JobInbox inbox = new();
    private JobRunner runner = null!;
    private IGrainTimer? timer;
    private Exception? poison;
    private bool looping;

    /// <summary>
    /// The job in memory; null before the job was read from the store, and when the job does not exist.
    /// </summary>
    internal JobCore? Core => runner.Job;

    private TaskId Id { get; set; }

    private bool IsDiskLow => store.Health == StoreHealth.LowSpace;

    /// <summary>Prepares the runner and the timer. The first call reads the job from the store.</summary>
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
        inbox.Ended.Add(chunks);
        return TimeCame();
    }

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

    private void Run()
    {
        if (looping)
            return;
        looping = true;
        _ = Loop();
    }

    /// <summary>Performs rounds until no request waits and nothing is to be stored.</summary>
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
            looping = false;
            if (poison is null && runner.NextWait() is { } wait)
                timer?.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

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
