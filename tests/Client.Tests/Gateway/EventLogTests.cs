using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Http;
using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>All readers of a gateway share one look at the stored events. The clock stands still but where a test moves it.</summary>
public sealed class EventLogTests : IAsyncLifetime
{
    private const string Path = "/api/v1/events";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly string Beginning = System.Buffers.Text.Base64Url.EncodeToString("00000000;0;0"u8);
    private readonly ScriptedGrains grains = new();
    private readonly VirtualTime time = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains, time);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Readers_Many_CostTheStoreAsMuchAsOne()
    {
        var streams = new List<EventReading>();
        for (var i = 0; i < 20; i++)
            streams.Add(await EventReading.Open(gateway.Http, Path));
        var next = streams.ConvertAll(static stream => stream.Next());
        await Eventually.True(() => streams.TrueForAll(static stream => stream.LastId is not null));
        var (reads, end) = (grains.Events.Reads, time.GetUtcNow() + TimeSpan.FromMinutes(2));
        await Eventually.True(() => time.GetUtcNow() >= end, Pass);
        // One of the log and one of the resources a second, one of the nodes every five; and three of each reader that was still on its way to the log.
        Assert.InRange(grains.Events.Reads - reads, 1, 240 + 24 + 60);

        grains.Events.Add(new TaskId(1, 1), TaskState.Queued);
        grains.Events.Add("w1", NodeState.Draining);
        await Eventually.True(() => next.TrueForAll(static task => task.IsCompleted), Pass);

        var second = streams.ConvertAll(static stream => stream.Next());
        await Eventually.True(() => second.TrueForAll(static task => task.IsCompleted), Pass);

        for (var i = 0; i < streams.Count; i++)
            Assert.Equal(["node", "task"], ((string[])[Type(await next[i]), Type(await second[i])]).Order());
        streams.ForEach(static stream => stream.Dispose());
    }

    [Fact]
    public async Task Reader_FarBehind_CatchesUpFromTheStoreAndGoesOn()
    {
        using var ahead = await EventReading.Open(gateway.Http, Path);
        for (var i = 1; i <= 1_000; i++)
            grains.Events.Add(new TaskId(1, (ulong)i), TaskState.Queued);
        Assert.Equal(1UL, await Number(ahead));
        using var behind = await EventReading.Open(gateway.Http, Path, Beginning);
        for (var i = 1UL; i <= 1_000; i++)
            Assert.Equal(i, await Number(behind));

        grains.Events.Add(new TaskId(1, 1_001), TaskState.Queued);

        Assert.Equal(1_001UL, await Number(behind));
        for (var i = 2UL; i <= 1_001; i++)
            Assert.Equal(i, await Number(ahead));
    }

    [Fact]
    public async Task Store_IsGoneForAWhile_ReadersGoOnWithoutAGap()
    {
        using var events = await EventReading.Open(gateway.Http, Path);
        grains.Events.Add(new TaskId(1, 1), TaskState.Queued);
        Assert.Equal(1UL, await Number(events));
        grains.Events.IsGone = true;
        var reads = grains.Events.Reads;
        await Eventually.True(() => grains.Events.Reads > reads + 3, Pass);
        grains.Events.Add(new TaskId(1, 2), TaskState.Queued);
        grains.Events.Add(new TaskId(1, 3), TaskState.Queued);

        grains.Events.IsGone = false;

        Assert.Equal((2UL, 3UL), (await Number(events), await Number(events)));
    }

    [Fact]
    public async Task Reader_WhatItHasNotSeenIsRemoved_IsToldSo()
    {
        using var events = await EventReading.Open(gateway.Http, Path);
        grains.Events.Add(new TaskId(1, 1), TaskState.Queued);
        Assert.Equal(1UL, await Number(events));
        grains.Events.AddAndTrim(new TaskId(1, 2), TaskState.Queued);

        Assert.Equal("reset", (await Next(events)).Name);
        grains.Events.Add(new TaskId(1, 3), TaskState.Queued);
        Assert.Equal(3UL, await Number(events));
    }

    [Fact]
    public async Task Store_IsRestoredFromABackup_NewReadersSeeWhatHappensThen()
    {
        using var events = await EventReading.Open(gateway.Http, Path);
        for (var i = 1UL; i <= 4; i++)
        {
            grains.Events.Add(new TaskId(1, i), TaskState.Queued);
            Assert.Equal(i, await Number(events));
        }

        grains.Events.GoBackTo(2);
        var reads = grains.Events.Reads;
        await Eventually.True(() => grains.Events.Reads > reads + 3, Pass);
        using var later = await EventReading.Open(gateway.Http, Path);
        grains.Events.Add(new TaskId(1, 30), TaskState.Queued);
        Assert.Equal(30UL, await Number(later));
        grains.Events.Add(new TaskId(1, 40), TaskState.Queued);
        Assert.Equal(40UL, await Number(later));
        grains.Events.Add(new TaskId(1, 50), TaskState.Queued);
        Assert.Equal(50UL, await Number(events));
    }

    [Fact]
    public async Task Readers_NoneIsLeft_NothingIsReadUntilOneComes()
    {
        using (var events = await EventReading.Open(gateway.Http, Path))
        {
            grains.Events.Add(new TaskId(1, 1), TaskState.Queued);
            Assert.Equal(1UL, await Number(events));
        }

        await Eventually.True(() => gateway.Services.GetRequiredService<EventLog>().IsResting, Pass);
        var reads = grains.Events.Reads;
        for (var i = 0; i < 300; i++)
            Pass();
        Assert.Equal(reads, grains.Events.Reads);

        using var later = await EventReading.Open(gateway.Http, Path);
        grains.Events.Add(new TaskId(1, 2), TaskState.Queued);
        Assert.Equal(2UL, await Number(later));
    }

    [Fact]
    public async Task Streams_OneTooMany_IsRefusedUntilAnotherEnds()
    {
        await using var small = await GatewayHost.Start(services => services
            .AddSingleton(grains.Factory).AddSingleton<TimeProvider>(time).AddSingleton(new OpenStreams(2)));
        using var first = await EventReading.Open(small.Http, Path);
        var second = await EventReading.Open(small.Http, Path);

        var refused = await small.Get(Path);
        refused.Problem(429, "rate-limited");
        Assert.Equal("1", refused.Headers["Retry-After"]);

        second.Dispose();
        var status = 429;
        await Eventually.True(() => status == 200, () =>
        {
            using var third = small.Http.Send(new HttpRequestMessage(HttpMethod.Head, Path), HttpCompletionOption.ResponseHeadersRead);
            status = (int)third.StatusCode;
        });
    }

    private static string Type((string Name, JsonElement Data)? reading) => reading!.Value.Data.GetProperty("type").GetString()!;

    private void Pass() => time.Advance(Step);

    private async Task<(string Name, JsonElement Data)> Next(EventReading events)
    {
        var next = events.Next();
        await Eventually.True(() => next.IsCompleted, Pass);
        return next.Result!.Value;
    }

    private async Task<ulong> Number(EventReading events)
    {
        var (name, data) = await Next(events);
        Assert.Equal("message", name);
        Assert.True(TaskId.TryParse(data.GetProperty("id").GetString()!, out var id));
        return id.Low;
    }
}
