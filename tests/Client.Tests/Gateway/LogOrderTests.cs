using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>In which order a log shows what both streams wrote, and when it says that it arrived.</summary>
public sealed class LogOrderTests : TaskOutputGateway
{
    private const long Noon = 1_764_158_400_000;

    [Fact]
    public async Task Logs_BothStreamsInTurn_ComeInTheOrderOfTheirArrival()
    {
        Write(OutputStream.Stdout, "one\ntwo\n"u8);
        Write(OutputStream.Stderr, "bad\nworse\n"u8);
        Mark((1, 0, 0, 0), (2, 0, 0, 5), (1, 4, 1, 1_000), (2, 4, 1, 1_500));

        Assert.Equal(
        [
            "stdout 0 one 2025-11-26T12:00:00.000Z",
            "stderr 0 bad 2025-11-26T12:00:00.005Z",
            "stdout 4 two 2025-11-26T12:00:01.000Z",
            "stderr 4 worse 2025-11-26T12:00:01.500Z",
        ], await Pieces());
    }

    [Fact]
    public async Task Logs_ResumedInTheMiddle_GoOnInTheSameOrder()
    {
        Write(OutputStream.Stdout, "one\ntwo\n"u8);
        Write(OutputStream.Stderr, "bad\nworse\n"u8);
        Mark((1, 0, 0, 0), (2, 0, 0, 5), (1, 4, 1, 1_000), (2, 4, 1, 1_500));

        Assert.Equal(
            ["stderr 2 d 2025-11-26T12:00:00.005Z", "stdout 4 two 2025-11-26T12:00:01.000Z", "stderr 4 worse 2025-11-26T12:00:01.500Z"],
            await Pieces("1-4-2"));
    }

    [Fact]
    public async Task Logs_WithoutMarks_AreStdoutThenStderrWithoutTimes()
    {
        Write(OutputStream.Stdout, "one\n"u8);
        Write(OutputStream.Stderr, "bad\n"u8);

        Assert.Equal(["stdout 0 one ", "stderr 0 bad "], await Pieces());
    }

    [Fact]
    public async Task Logs_CharacterInTwoArrivals_ComesWholeWithTheFirst()
    {
        Write(OutputStream.Stdout, "a€b"u8);
        Write(OutputStream.Stderr, "x"u8);
        Mark((1, 0, 0, 0), (2, 0, 0, 1), (1, 2, 0, 2));

        Assert.Equal(
            ["stdout 0 a€ 2025-11-26T12:00:00.000Z", "stderr 0 x 2025-11-26T12:00:00.001Z", "stdout 4 b 2025-11-26T12:00:00.002Z"],
            await Pieces());
    }

    [Fact]
    public async Task Logs_MuchOfBoth_ComeWholeAndInOrder()
    {
        // Several pages of each stream; stderr is written after the first half of stdout.
        var half = new string('o', 150_000);
        Write(OutputStream.Stdout, Encoding.UTF8.GetBytes(half + half));
        Write(OutputStream.Stderr, Encoding.UTF8.GetBytes(new string('e', 200_000)));
        Mark((1, 0, 0, 0), (2, 0, 0, 1), (1, 150_000, 0, 2));

        var pieces = await Pieces();
        var streams = string.Concat(pieces.Select(static piece => piece[3] == 'o' ? 'o' : 'e'));
        Assert.Matches("^o+e+o+$", streams);
        Assert.Equal(500_000, pieces.Sum(static piece => piece.Split(' ')[2].Length));
    }

    [Fact]
    public async Task Logs_MarksThatAreNone_AreIgnored()
    {
        Write(OutputStream.Stdout, "one\ntwo\n"u8);
        Write(OutputStream.Stderr, "bad\n"u8);
        Mark((1, 0, 0, 0), (7, 0, 0, 0), (1, -5, 0, 0), (1, 0, 0, 1), (2, 0, 0, 5), (1, 4, 1, long.MaxValue), (1, 4, 1, 9));
        Write(OutputStream.Marks, [0xff, 0xff, 0xff]);

        Assert.Equal(
            ["stdout 0 one 2025-11-26T12:00:00.000Z", "stderr 0 bad 2025-11-26T12:00:00.005Z", "stdout 4 two 2025-11-26T12:00:00.009Z"],
            await Pieces());
    }

    [Fact]
    public async Task Logs_OfAnEarlierAttempt_AreThatAttemptAlone()
    {
        var retried = Ended with { Attempt = 2 };
        Grains.Reader.Put(retried);
        Write(OutputStream.Stdout, "first"u8);
        Grains.Reader.Write(retried.Id, 2, OutputStream.Stdout, "second"u8.ToArray());

        Assert.Equal(["stdout 0 first "], await Pieces(query: "?attempt=1"));
        Assert.Equal(["stdout 0 first "], await Pieces(query: "?attempt=1&follow=true"));
        Assert.Equal(["stdout 0 second "], await Pieces());
        (await Gateway.Get($"/api/v1/tasks/{retried.Id}/logs?attempt=3")).Problem(404, "not-found");
        (await Gateway.Get($"/api/v1/tasks/{retried.Id}/logs?attempt=1", ("Last-Event-ID", "2-0-0"))).Problem(400, "bad-cursor");
    }

    [Fact]
    public async Task Index_HasSizesLinesAndMarks()
    {
        Write(OutputStream.Stdout, "one\ntwo\nthr"u8);
        Write(OutputStream.Stderr, "bad\n"u8);
        Mark((1, 0, 0, 0), (2, 0, 0, 5), (1, 4, 1, 1_000));

        Assert.Equal(
            """{"attempt":1,"streams":{"stdout":{"bytes":11,"lines":3},"stderr":{"bytes":4,"lines":1}},"marks":["""
            + """{"stream":"stdout","offset":0,"line":1,"at":"2025-11-26T12:00:00.000Z"},"""
            + """{"stream":"stderr","offset":0,"line":1,"at":"2025-11-26T12:00:00.005Z"},"""
            + """{"stream":"stdout","offset":4,"line":2,"at":"2025-11-26T12:00:01.000Z"}]}""",
            await Gateway.Http.GetStringAsync($"/api/v1/tasks/{Ended.Id}/attempts/1/output/index", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Index_OfAWorkerThatMarksEveryByte_HasTheMostThatAreKept()
    {
        Write(OutputStream.Stdout, new byte[30_000]);
        Mark([.. Enumerable.Range(0, 25_000).Select(static i => (1, (long)i, 0L, (long)i))]);

        var index = JsonNode.Parse(await Gateway.Http.GetStringAsync(
            $"/api/v1/tasks/{Ended.Id}/attempts/1/output/index", TestContext.Current.CancellationToken))!;
        Assert.Equal(20_000, index["marks"]!.AsArray().Count);
        Assert.Equal(30_000, (await Pieces()).Sum(static piece => piece.Split(' ')[2].Length));
    }

    [Fact]
    public async Task Index_MarkWithMoreLinesThanBytes_IsLeftOut()
    {
        Write(OutputStream.Stdout, "one\n"u8);
        Mark((1, 0, 0, 0), (1, 2, 3, 1), (2, long.MaxValue, 0, 2));

        var index = JsonNode.Parse(await Gateway.Http.GetStringAsync(
            $"/api/v1/tasks/{Ended.Id}/attempts/1/output/index", TestContext.Current.CancellationToken))!;
        Assert.Single(index["marks"]!.AsArray());
    }

    private void Mark(params (int Stream, long Offset, long Line, long After)[] marks)
    {
        foreach (var (stream, offset, line, after) in marks)
        {
            var at = after == long.MaxValue ? after : Noon + after;
            Write(OutputStream.Marks, new ArrivalMarks
            {
                Marks = { new ArrivalMark { Stream = (uint)stream, Offset = offset, Line = line, At = at } },
            }.ToByteArray());
        }
    }

    private async Task<List<string>> Pieces(string? after = null, string query = "")
    {
        using var log = await EventReading.Open(Gateway.Http, $"/api/v1/tasks/{Ended.Id}/logs{query}", after);
        var pieces = new List<string>();
        while (await log.Next() is { Name: not "end" } piece)
            pieces.Add($"{piece.Data.GetProperty("stream")} {piece.Data.GetProperty("offset")} "
                + $"{piece.Data.GetProperty("text").GetString()!.Trim()} "
                + (piece.Data.TryGetProperty("at", out var at) ? at.GetString() : ""));
        return pieces;
    }
}
