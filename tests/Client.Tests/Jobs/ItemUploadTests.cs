using System.Collections.Immutable;
using System.IO.Pipelines;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Jobs;
using OrleansTasks.Client.Tests.Gateway;
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

    [Fact]
    public async Task Run_OfAJobThatTakesNothing_EndsAfterFiveMinutes_AndNotBefore()
    {
        var time = new VirtualTime();
        var begun = time.GetTimestamp();
        var upload = new ItemUpload(new SlowJob { IsFull = true }, Upload, 0, isResumed: false, time);
        var body = new Pipe();
        await body.Writer.WriteAsync("1\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var run = upload.Run(body.Reader, TestContext.Current.CancellationToken);

        while (!run.IsCompleted)
        {
            Assert.True(time.GetElapsedTime(begun) < TimeSpan.FromMinutes(6), "The upload goes on.");
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        var refusal = await Assert.ThrowsAsync<ProblemException>(() => run);
        Assert.Equal((429, "rate-limited"), (refusal.Problem.Status, refusal.Problem.Code));
        Assert.True(time.GetElapsedTime(begun) > TimeSpan.FromMinutes(5), $"It ended after {time.GetElapsedTime(begun)}.");
        Assert.Equal(0, upload.Accepted);
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

        /// <summary>Whether the job takes no item.</summary>
        public bool IsFull { get; init; }

        public async Task<AppendReply> Append(JobBlock block)
        {
            if (IsFull)
                return new AppendReply(block.Items > 0 ? AppendOutcome.Full : AppendOutcome.Taken, 0);
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
