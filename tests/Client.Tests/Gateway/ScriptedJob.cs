using System.Collections.Immutable;
using OrleansTasks.Jobs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>The one job of a test, which is read, cancelled and closed as the test says.</summary>
internal sealed class ScriptedJob : IJobGrain, IJobReaderGrain
{
    /// <summary>What is stored.</summary>
    public JobView? Stored { get; set; }

    public Action? OnRead { get; set; }

    public Func<bool>? OnCancel { get; set; }

    public Func<CloseOutcome>? OnClose { get; set; }

    public Func<JobReply>? OnCreate { get; set; }

    public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) => Task.FromResult(OnCreate!());

    public Task<bool> Cancel() => Task.FromResult(OnCancel!());

    public Task<CloseOutcome> Close() => Task.FromResult(OnClose!());

    public Task<JobView?> Get() => Task.FromResult(Stored);

    public Task<JobView?> Get(TaskId id)
    {
        OnRead?.Invoke();
        return Task.FromResult(Stored);
    }

    /// <summary>The stored spec.</summary>
    public byte[]? StoredSpec { get; set; }

    public Task<ReadOnlyMemory<byte>?> Spec(TaskId id) =>
        Task.FromResult(StoredSpec is { } spec ? spec.AsMemory() : (ReadOnlyMemory<byte>?)null);

    /// <summary>The insight into the job.</summary>
    public JobInsight? Insight { get; set; }

    public Task<JobInsight?> Inspect(JobLook look) => Task.FromResult(Insight);

    public Task<JobInsight?> Inspect(TaskId id, JobLook look) => Task.FromResult(Insight);

    public Func<JobBlock, AppendReply>? OnAppend { get; set; }

    public Task<AppendReply> Append(JobBlock block) => Task.FromResult(OnAppend!(block));

    public Task EnsureActive() => throw new NotSupportedException();

    public Task Ended(ImmutableArray<EndedChunk> chunks) => throw new NotSupportedException();

    /// <summary>The page of results after a chunk's number; null when the job is gone.</summary>
    public Func<long, ImmutableArray<CollectedChunk>?>? OnResults { get; set; }

    public Task<ImmutableArray<CollectedChunk>?> Results(TaskId id, long after, int bytes) => Task.FromResult(OnResults!(after));

    public Task<ImmutableArray<JobView>> List(JobFilter filter, TaskId? before, int limit, CancellationToken cancellation) => throw new NotSupportedException();
}
