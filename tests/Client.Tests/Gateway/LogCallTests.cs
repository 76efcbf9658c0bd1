using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

public sealed class LogCallTests : IAsyncLifetime
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly ScriptedGrains grains = new();
    private readonly VirtualTime time = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains, time);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Get_EndedTask_IsItsOutputAndTheEnd()
    {
        var task = Records.New(TaskState.Succeeded);
        grains.Reader.Put(task);
        Write(task, 1, "out\n");
        grains.Reader.Write(task.Id, 1, OutputStream.Stderr, "err\n"u8.ToArray());
        using var log = await Open(task, follow: false);
        Assert.Equal("text/event-stream", log.Type);
        Assert.Equal("""{"stream":"stdout","offset":0,"text":"out\n","attempt":1}""", (await log.Next())!.Value.Data.GetRawText());
        Assert.Equal("""{"stream":"stderr","offset":0,"text":"err\n","attempt":1}""", (await log.Next())!.Value.Data.GetRawText());
        var (name, end) = (await log.Next())!.Value;
        Assert.Equal("end", name);
        Assert.Equal("succeeded", end.GetProperty("state").GetString());
        Assert.Null(await log.Next());
    }

    [Fact]
    public async Task Get_LastEventId_GoesOnAfterIt()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        Write(task, 1, "first ");
        string? id;
        using (var log = await Open(task, follow: false))
        {
            await log.Next();
            id = log.LastId;
        }

        Write(task, 1, "second");
        using var resumed = await EventReading.Open(gateway.Http, $"/api/v1/tasks/{task.Id}/logs", id);
        Assert.Equal("""{"stream":"stdout","offset":6,"text":"second","attempt":1}""", (await resumed.Next())!.Value.Data.GetRawText());
        Assert.Equal("end", (await resumed.Next())!.Value.Name);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("1-2")]
    [InlineData("1-2-x")]
    [InlineData("9-0-0")]
    public async Task Get_LastEventIdOfSomebodyElse_Is400(string id)
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        (await gateway.Get($"/api/v1/tasks/{task.Id}/logs", ("Last-Event-ID", id))).Problem(400, "bad-cursor");
    }

    [Fact]
    public async Task Follow_Retries_SpansAllAttemptsToTheFinalState()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        Write(task, 1, "one");
        using var log = await Open(task, follow: true);
        Assert.Equal("one", await NextText(log, 1));
        await grains.Default.Commit(task with { State = TaskState.Scheduled });
        Write(task, 2, "two");
        await grains.Default.Commit(task with { State = TaskState.Running, Attempt = 2 });
        Assert.Equal("two", await NextText(log, 2));
        Write(task, 2, "three");
        Assert.Equal("three", await NextText(log, 2));
        await grains.Default.Commit(task with { State = TaskState.Failed, Attempt = 2 });
        var (name, end) = await Next(log);
        Assert.Equal(("end", "failed"), (name, end.GetProperty("state").GetString()));
        Assert.Null(await log.Next());
    }

    [Fact]
    public async Task Follow_TaskThatHasNotStarted_WaitsForIt()
    {
        var task = Records.New();
        grains.Reader.Put(task);
        using var log = await Open(task, follow: true);
        Write(task, 1, "x");
        await grains.Default.Commit(task with { State = TaskState.Succeeded, Attempt = 1 });
        Assert.Equal("x", await NextText(log, 1));
        Assert.Equal("end", (await Next(log)).Name);
    }

    [Fact]
    public async Task Follow_CharacterInTwoPieces_ComesWhole()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        var euro = "€"u8.ToArray();
        grains.Reader.Write(task.Id, 1, OutputStream.Stdout, [(byte)'a', .. euro[..2]]);
        using var log = await Open(task, follow: true);
        Assert.Equal("a", await NextText(log, 1));
        grains.Reader.Write(task.Id, 1, OutputStream.Stdout, [euro[2], 0xff]);
        Assert.Equal("€\uFFFD", await NextText(log, 1));
        grains.Reader.Write(task.Id, 1, OutputStream.Stdout, euro[..1]);
        await grains.Default.Commit(task with { State = TaskState.Succeeded });
        var (_, last) = await Next(log);
        Assert.Equal(5, last.GetProperty("offset").GetInt32());
        Assert.Equal("\uFFFD", last.GetProperty("text").GetString());
        Assert.Equal("end", (await Next(log)).Name);
    }

    [Fact]
    public async Task Follow_Quiet_SendsACommentEvery15Seconds()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        using var log = await Open(task, follow: true);
        var started = time.GetUtcNow();
        var next = log.Next();
        await Eventually.True(() => log.Comments >= 2 || next.IsCompleted, () => time.Advance(TimeSpan.FromMilliseconds(250)));
        Assert.InRange(time.GetUtcNow() - started, TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(30));
        await grains.Default.Commit(task with { State = TaskState.Succeeded });
        Assert.Equal("end", (await Eventually.Within(next))!.Value.Name);
    }

    [Fact]
    public async Task Follow_ReaderGoes_EndsTheStream()
    {
        var task = Records.New(TaskState.Running, attempt: 1);
        grains.Reader.Put(task);
        using (await Open(task, follow: true))
            await Eventually.True(() => grains.Default.Subscribers == 1);
        var hub = (OrleansTasks.Client.Feed.FeedHub)gateway.Services.GetService(typeof(OrleansTasks.Client.Feed.FeedHub))!;
        await Eventually.True(() => hub.WatchedIn("default") == 0);
    }

    private Task<EventReading> Open(TaskRecord task, bool follow) =>
        EventReading.Open(gateway.Http, $"/api/v1/tasks/{task.Id}/logs{(follow ? "?follow=true" : "")}");

    private void Write(TaskRecord task, int attempt, string text) =>
        grains.Reader.Write(task.Id, attempt, OutputStream.Stdout, Encoding.UTF8.GetBytes(text));

    private async Task<string?> NextText(EventReading log, int attempt)
    {
        var (_, data) = await Next(log);
        Assert.Equal(attempt, data.GetProperty("attempt").GetInt32());
        return data.GetProperty("text").GetString();
    }

    private async Task<(string Name, System.Text.Json.JsonElement Data)> Next(EventReading log)
    {
        var next = log.Next();
        await Eventually.True(() => next.IsCompleted, () => time.Advance(Look));
        return (await next)!.Value;
    }
}
