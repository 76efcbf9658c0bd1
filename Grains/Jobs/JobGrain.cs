using Microsoft.Extensions.Logging;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The shell around <see cref="JobCore"/>: its methods only enqueue; one loop folds what has ended, has the dispatcher store what
/// the core decides, and only then answers. See <c>docs/jobs.md</c>.
/// </summary>
[GrainType("job")]
public sealed partial class JobGrain(ITaskStore store, TimeProvider time, ILogger<JobGrain> logger) : Grain, IJobGrain
{
    private const int ChunkPage = 4096;
    private const int OnlyPartition = 0;
    private const long LargestSlew = 500;
    private const long SilenceLimit = 1_000;
    private const long SaveFrom = 64;
    private const long SavePeriod = 1_000;
    private const int SaveShare = 20;
    private readonly Queue<EndedChunk> ended = new();
    private readonly List<TaskCompletionSource<JobView?>> gets = [];
    private readonly List<TaskCompletionSource<bool>> cancels = [];
    private readonly List<TaskCompletionSource<CloseOutcome>> closes = [];
    private readonly Queue<(JobBlock Block, TaskCompletionSource<AppendReply> Reply)> appends = new();
    private readonly UploadLog uploads = new();
    private readonly SteadyClock steady = new(time);
    private Creation? creation;
    private JobCore? core;
    private ITaskDispatcherGrain dispatcher = null!;
    private IGrainTimer? timer;
    private Exception? poison;
    private bool looping;
    private bool isLoaded;
    private bool isStopped;
    private int slots;
    private long epoch;
    private long clockAhead;
    private long heardAt;
    private long toldAt;
    private long savedAt;
    private long saveCost;

    /// <summary>The job as it is in memory; null before it was read, and when there is none.</summary>
    internal JobCore? Core => core;

    private TaskId Id { get; set; }

    /// <summary>Prepares; the job is read by the first call.</summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Id = TaskId.TryParse(this.GetPrimaryKeyString(), out var id) ? id : throw new ArgumentException("The key is no job id.");
        timer = this.RegisterGrainTimer(
            static (grain, _) => grain.TimeCame(),
            this,
            new GrainTimerCreationOptions { DueTime = Timeout.InfiniteTimeSpan, Period = Timeout.InfiniteTimeSpan, Interleave = true });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency)
    {
        if (poison is not null)
            return Task.FromException<JobReply>(NewFailure(poison));
        var asked = creation ??= new Creation(spec, idempotency);
        Run();
        return asked.Reply.Task;
    }

    /// <inheritdoc/>
    public Task<JobView?> Get() => Ask(gets);

    /// <inheritdoc/>
    public Task<bool> Cancel() => Ask(cancels);

    /// <inheritdoc/>
    public Task<CloseOutcome> Close() => Ask(closes);

    /// <inheritdoc/>
    public Task<AppendReply> Append(JobBlock block)
    {
        if (poison is not null)
            return Task.FromException<AppendReply>(NewFailure(poison));
        var reply = new TaskCompletionSource<AppendReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        appends.Enqueue((block, reply));
        Run();
        return reply.Task;
    }

    /// <inheritdoc/>
    public Task EnsureActive()
    {
        if (poison is not null)
            return Task.FromException(NewFailure(poison));
        Run();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Ended(ImmutableArray<EndedChunk> chunks)
    {
        foreach (var chunk in chunks)
            ended.Enqueue(chunk);
        if (poison is null)
            Run();
        return Task.CompletedTask;
    }

    private Task<T> Ask<T>(List<TaskCompletionSource<T>> waiting)
    {
        if (poison is not null)
            return Task.FromException<T>(NewFailure(poison));
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Add(reply);
        Run();
        return reply.Task;
    }

    /// <summary>The wall clock, which the core goes by; when it was set, the core's terms are moved along before they are looked at.</summary>
    private long ReadClock()
    {
        var now = steady.Wall;
        var ahead = now - steady.Now;
        if (Math.Abs(ahead - clockAhead) > LargestSlew)
        {
            core?.ClockStepped(ahead - clockAhead);
            clockAhead = ahead;
        }

        return now;
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

    private ITaskDispatcherGrain DispatcherOf(JobSpec spec) =>
        GrainFactory.GetGrain<ITaskDispatcherGrain>(new PartitionKey(spec.Queue, OnlyPartition).ToString());

    private static Exception NewFailure(Exception cause) =>
        cause is StoreUnavailableException
            ? new StoreUnavailableException(cause.Message, cause)
            : new OutcomeUnknownException("The job's grain failed and starts again.", cause);

    private sealed class Creation(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency)
    {
        public ReadOnlyMemory<byte> Spec { get; } = spec;

        public IdempotencyEntry? Idempotency { get; } = idempotency;

        public TaskCompletionSource<JobReply> Reply { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
