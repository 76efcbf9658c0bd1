using System.Collections.Immutable;
using System.IO.Pipelines;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Jobs;

/// <summary>What a caller whose upload is interrupted is told of the block on its way.</summary>
public sealed class ItemUploadTests
{
    private static readonly TaskId Upload = new(7, 7);

    [Fact]
    public async Task Run_CancelledWhileABlockIsBeingStored_CountsIt()
    {
        var job = new SlowJob();
        var upload = new ItemUpload(job, Upload, 0, isResumed: false, TimeProvider.System);
        var body = new Pipe();
        using var stop = new CancellationTokenSource();
        var run = upload.Run(body.Reader, stop.Token);
        await body.Writer.WriteAsync("1\n2\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await job.Begun;

        await stop.CancelAsync();
        Assert.False(run.IsCompleted);
        job.Go();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.Equal(2, upload.Accepted);
    }

    [Fact]
    public async Task Run_CancelledWhileABlocksOutcomeIsUnknown_SaysSo()
    {
        var job = new SlowJob();
        var upload = new ItemUpload(job, Upload, 0, isResumed: false, TimeProvider.System);
        var body = new Pipe();
        using var stop = new CancellationTokenSource();
        var run = upload.Run(body.Reader, stop.Token);
        await body.Writer.WriteAsync("1\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await job.Begun;

        await stop.CancelAsync();
        job.Go(new TimeoutException());

        await Assert.ThrowsAsync<OutcomeUnknownException>(() => run);
    }

    private sealed class SlowJob : IJobGrain
    {
        private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => begun.Task;

        public void Go(Exception? fault = null)
        {
            if (fault is null)
                go.SetResult();
            else
                go.SetException(fault);
        }

        public async Task<AppendReply> Append(JobBlock block)
        {
            if (block.Items > 0)
            {
                begun.TrySetResult();
                await go.Task;
            }

            return new AppendReply(AppendOutcome.Taken, block.Items);
        }

        public Task<JobReply> Create(ReadOnlyMemory<byte> spec, IdempotencyEntry? idempotency) => throw new NotSupportedException();

        public Task<JobView?> Get() => throw new NotSupportedException();

        public Task<JobInsight?> Inspect(JobLook look) => throw new NotSupportedException();

        public Task<bool> Cancel() => throw new NotSupportedException();

        public Task<CloseOutcome> Close() => throw new NotSupportedException();

        public Task EnsureActive() => throw new NotSupportedException();

        public Task Ended(ImmutableArray<EndedChunk> chunks) => throw new NotSupportedException();
    }
}
