using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The shell around a job: its methods only put what is asked into <see cref="JobInbox"/>; one loop has <see cref="JobRunner"/> do it,
/// round by round. When a round fails, everybody who waits is told and the next call meets a new activation. See <c>docs/jobs.md</c>.
/// </summary>
[GrainType("job")]
public sealed partial class JobGrain(ITaskStore store, TimeProvider time, ILogger<JobGrain> logger) : Grain, IJobGrain
{
    private readonly JobInbox inbox = new();
    private JobRunner runner = null!;
    private IGrainTimer? timer;
    private Exception? poison;
    private bool looping;

    /// <summary>The job as it is in memory; null before it was read, and when there is none.</summary>
    internal JobCore? Core => runner.Job;

    private TaskId Id { get; set; }

    /// <summary>Prepares; the job is read by the first call.</summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Id = TaskId.TryParse(this.GetPrimaryKeyString(), out var id) ? id : throw new ArgumentException("The key is no job id.");
        runner = new JobRunner(
            Id, store.Jobs, GrainFactory, FindFile, new SteadyClock(time), job => LogEnded(Id, job.Phase.ToState(), job.ItemsDone));
        timer = this.RegisterGrainTimer(
            static (grain, _) => grain.TimeCame(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) => Ask(() => inbox.Create(spec, idempotency));

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

    /// <summary>Rounds until nothing waits and nothing is to be stored.</summary>
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
        LogPoisoned(Id, cause);
        inbox.Fail(cause);
        DeactivateOnIdle();
    }

    private SourceFile FindFile(string path) =>
        ServiceProvider.GetService<ISourceFiles>()?.Find(path) ?? new SourceFile(null, "cannot be read: this silo reads no files");
}
