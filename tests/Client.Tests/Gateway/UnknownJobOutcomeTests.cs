using OrleansTasks.Jobs;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>What callers of jobs are told when nobody knows whether a call was carried out.</summary>
public sealed class UnknownJobOutcomeTests : IAsyncLifetime
{
    private const string Valid = """{"source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""";
    private readonly ScriptedGrains grains = new();
    private readonly JobView job = new()
    {
        Id = Records.New().Id,
        Name = "j",
        State = JobState.Running,
        Queue = QueueSettings.DefaultQueue,
        Aggregate = "{}"u8.ToArray(),
    };

    private GatewayHost gateway = null!;
    private int calls;

    public async ValueTask InitializeAsync()
    {
        gateway = await GatewayHost.Start(grains);
        grains.Job.Stored = job;
    }

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Create_AnswerWasLost_Is202AndTheSameJobIsCreatedOnce()
    {
        grains.Job.OnCreate = () => ++calls == 1 ? throw new TimeoutException() : new JobReply(JobOutcome.Done, 0, 0, default);
        Assert.Equal(202, (await gateway.Post("/api/v1/jobs", Valid)).Status);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Results_JobIsRemovedBetweenTwoPages_TheAnswerIsCutOff()
    {
        grains.Job.OnResults = static after => after == 0 ? [new CollectedChunk(1, "1\n"u8.ToArray())] : null;
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => gateway.Http.GetStringAsync($"/api/v1/jobs/{job.Id}/results"));
    }

    [Fact]
    public async Task Create_StoreFailsOnTheRepetition_Is504()
    {
        grains.Job.OnCreate = () => throw (++calls == 1 ? new TimeoutException() : new StoreUnavailableException());
        (await gateway.Post("/api/v1/jobs", Valid)).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task Create_StoreOutOfReach_Is503()
    {
        grains.Job.OnCreate = static () => throw new StoreUnavailableException();
        (await gateway.Post("/api/v1/jobs", Valid)).Problem(503, "store-unavailable");
    }

    [Fact]
    public async Task Cancel_LandedAndItsAnswerWasLost_Is202AsTheFirstWouldHaveBeen()
    {
        grains.Job.OnCancel = () =>
        {
            if (++calls == 2)
                return false;
            grains.Job.Stored = job with { State = JobState.Cancelled, CancelRequestedAt = 5, EndedAt = 6 };
            throw new TimeoutException();
        };
        Assert.Equal(202, (await gateway.Post($"/api/v1/jobs/{job.Id}/cancel")).Status);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Cancel_WasLostAndTheJobEndedByItself_Is409()
    {
        grains.Job.OnCancel = () =>
        {
            if (++calls == 2)
                return false;
            grains.Job.Stored = job with { State = JobState.Succeeded, EndedAt = 6 };
            throw new TimeoutException();
        };
        (await gateway.Post($"/api/v1/jobs/{job.Id}/cancel")).Problem(409, "job-finished");
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("close")]
    public async Task Control_DoneAndThenUnreadable_Is504(string action)
    {
        grains.Job.OnCancel = () =>
        {
            FailReads();
            return true;
        };
        grains.Job.OnClose = () =>
        {
            FailReads();
            return CloseOutcome.Closed;
        };
        (await gateway.Post($"/api/v1/jobs/{job.Id}/{action}")).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task Close_QueueIsMoving_Is202OnceItHasMoved()
    {
        grains.Job.OnClose = () => ++calls < 3 ? throw (calls == 1 ? new StoreUnavailableException() : new TimeoutException()) : CloseOutcome.Closed;
        Assert.Equal(202, (await gateway.Post($"/api/v1/jobs/{job.Id}/close")).Status);
        Assert.Equal(3, calls);
    }

    [Theory]
    [InlineData(0, "Nothing was changed. Try again later.")]
    [InlineData(2, "2 items of this upload are stored. Send the others later.")]
    public async Task Append_DiskIsNearlyFull_Is503ThatTellsWhatIsStored(int stored, string detail)
    {
        grains.Job.OnAppend = block => block.Items == 0 ? new AppendReply(AppendOutcome.Taken, 0)
            : calls++ * 2 < stored ? new AppendReply(AppendOutcome.Taken, 2)
            : throw new StoreUnavailableException { IsDiskLow = true };
        var reply = await Append("1\n2\n3\n");
        reply.Problem(503, "store-unavailable");
        Assert.Equal((detail, stored), (reply.Json.GetProperty("detail").GetString(), reply.Json.GetProperty("accepted").GetInt32()));
    }

    [Fact]
    public async Task Append_QueueIsMovingAndItsSiloIsLost_TakesTheRestOnceAnotherOwnsIt()
    {
        var sent = new List<(long Offset, bool IsRepeat)>();
        grains.Job.OnAppend = block =>
        {
            if (block.Items == 0)
                return new AppendReply(AppendOutcome.Taken, 0);
            sent.Add((block.Offset, block.IsRepeat));
            return sent.Count switch
            {
                1 => new AppendReply(AppendOutcome.Taken, 1),
                2 => throw new StoreUnavailableException(),
                3 => throw new TimeoutException(),
                4 => new AppendReply(AppendOutcome.Taken, 1),
                _ => new AppendReply(AppendOutcome.Taken, block.Items),
            };
        };
        var reply = await Append("1\n2\n3\n");
        Assert.Equal((202, 3), (reply.Status, reply.Json.GetProperty("accepted").GetInt32()));
        Assert.Equal([(0, false), (1, false), (1, false), (1, true), (2, false)], sent);
    }

    private async Task<Reply> Append(string lines)
    {
        using var content = new StringContent(lines);
        content.Headers.ContentType = new("application/x-ndjson");
        using var response = await gateway.Http.PostAsync($"/api/v1/jobs/{job.Id}/items", content, TestContext.Current.CancellationToken);
        return await Reply.Read(response);
    }

    private void FailReads() => grains.Job.OnRead = static () => throw new StoreUnavailableException();
}
