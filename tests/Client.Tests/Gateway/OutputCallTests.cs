using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

public sealed class OutputCallTests : TaskOutputGateway
{
    public OutputCallTests() => Write(OutputStream.Stdout, "0123456789"u8);

    private string Path => $"/api/v1/tasks/{Ended.Id}/output/stdout";

    [Fact]
    public async Task Get_NoRange_IsAllOfItByteForByte()
    {
        var bytes = Enumerable.Range(0, 700_000).Select(i => (byte)(i * 31 >> 3)).ToArray();
        Grains.Reader.Write(Ended.Id, 1, OutputStream.Stderr, bytes);
        var reply = await Gateway.Get($"/api/v1/tasks/{Ended.Id}/output/stderr");
        Assert.Equal(200, reply.Status);
        Assert.Equal("application/octet-stream", reply.Type);
        Assert.Equal("bytes", reply.Headers["Accept-Ranges"]);
        Assert.Equal("700000", reply.Headers["Content-Length"]);
        Assert.Equal(bytes, reply.Body);
    }

    // Output that ends a piece as the gateway sends it and goes on with what a refusal of Kestrel looks like.
    [Theory]
    [InlineData(262_144)]
    [InlineData(0)]
    public async Task Get_OutputLooksLikeARefusal_IsSentByteForByteAndNotOneMore(int before)
    {
        byte[] bytes =
        [
            .. Enumerable.Repeat((byte)'x', before),
            .. "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8,
        ];
        Grains.Reader.Write(Ended.Id, 1, OutputStream.Stderr, bytes);
        var answer = await Gateway.SendRaw(
            $"GET /api/v1/tasks/{Ended.Id}/output/stderr HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        Assert.Contains($"Content-Length: {bytes.Length}\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(Encoding.ASCII.GetString(bytes), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }

    [Theory]
    [InlineData("bytes=0-0", "0", "0-0")]
    [InlineData("bytes=2-4", "234", "2-4")]
    [InlineData("bytes=7-", "789", "7-9")]
    [InlineData("bytes=7-999", "789", "7-9")]
    [InlineData("bytes=-3", "789", "7-9")]
    [InlineData("bytes=-999", "0123456789", "0-9")]
    public async Task Get_Range_IsThatPart(string range, string expected, string contentRange)
    {
        var reply = await Gateway.Get(Path, ("Range", range));
        Assert.Equal(206, reply.Status);
        Assert.Equal(expected, reply.Text);
        Assert.Equal($"bytes {contentRange}/10", reply.Headers["Content-Range"]);
    }

    [Theory]
    [InlineData("bytes=0-1,4-5")]
    [InlineData("lines=0-1")]
    [InlineData("bytes=5-2")]
    [InlineData("nonsense")]
    public async Task Get_RangeThatMayBeIgnored_IsAllOfIt(string range)
    {
        var reply = await Gateway.Get(Path, ("Range", range));
        Assert.Equal(200, reply.Status);
        Assert.Equal("0123456789", reply.Text);
    }

    [Theory]
    [InlineData("bytes=10-")]
    [InlineData("bytes=10-12")]
    [InlineData("bytes=-0")]
    public async Task Get_RangeOutside_Is416(string range)
    {
        var reply = await Gateway.Get(Path, ("Range", range));
        reply.Problem(416, "range-not-satisfiable");
        Assert.Equal("bytes */10", reply.Headers["Content-Range"]);
    }

    [Fact]
    public async Task Get_IfRange_DecidesWhetherTheRangeCounts()
    {
        var tag = (await Gateway.Get(Path)).Headers["ETag"];
        Assert.Equal(206, (await Gateway.Get(Path, ("Range", "bytes=1-2"), ("If-Range", tag))).Status);
        Assert.Equal(200, (await Gateway.Get(Path, ("Range", "bytes=1-2"), ("If-Range", "\"other\""))).Status);
    }

    [Fact]
    public async Task Get_TaskThatHasNotStarted_IsEmpty()
    {
        var waiting = Records.New();
        Grains.Reader.Put(waiting);
        var reply = await Gateway.Get($"/api/v1/tasks/{waiting.Id}/output/stdout");
        Assert.Equal(200, reply.Status);
        Assert.Equal("0", reply.Headers["Content-Length"]);
        Assert.Equal(
            200, (await Gateway.Get($"/api/v1/tasks/{waiting.Id}/output/stdout", ("Range", "bytes=-5"))).Status);
    }

    [Fact]
    public async Task Get_RunningTask_IsWhatThereIsNow()
    {
        var running = Records.New(TaskState.Running, attempt: 1);
        Grains.Reader.Put(running);
        Grains.Reader.Write(running.Id, 1, OutputStream.Stdout, "so far"u8.ToArray());
        var path = $"/api/v1/tasks/{running.Id}/output/stdout";
        Assert.Equal("so far", (await Gateway.Get(path)).Text);
        Grains.Reader.Write(running.Id, 1, OutputStream.Stdout, ", and on"u8.ToArray());
        Assert.Equal(", and on", (await Gateway.Get(path, ("Range", "bytes=6-"))).Text);
    }

    [Fact]
    public async Task Get_Attempt_IsThatAttempts()
    {
        Grains.Reader.Put(Ended with { Attempt = 2 });
        Grains.Reader.Write(Ended.Id, 2, OutputStream.Stdout, "second"u8.ToArray());
        var root = $"/api/v1/tasks/{Ended.Id}/attempts";
        Assert.Equal("second", (await Gateway.Get(Path)).Text);
        Assert.Equal("0123456789", (await Gateway.Get($"{root}/1/output/stdout")).Text);
        Assert.Equal("second", (await Gateway.Get($"{root}/2/output/stdout")).Text);
        foreach (var attempt in new[] { "0", "3", "-1", "x", "99999999999" })
            (await Gateway.Get($"{root}/{attempt}/output/stdout")).Problem(404, "not-found");
    }

    [Fact]
    public async Task Get_TaskIsRetriedMeanwhile_IsTheOutputOfOneAttempt()
    {
        var first = Enumerable.Repeat((byte)'1', 700_000).ToArray();
        Grains.Reader.Write(Ended.Id, 1, OutputStream.Stderr, first);
        Grains.Reader.Write(Ended.Id, 2, OutputStream.Stderr, Enumerable.Repeat((byte)'2', 700_000).ToArray());
        Grains.Reader.OnOutput = offset =>
        {
            if (offset > 0)
                Grains.Reader.Put(Ended with { State = TaskState.Running, Attempt = 2 });
        };

        var reply = await Gateway.Get($"/api/v1/tasks/{Ended.Id}/output/stderr");

        Assert.Equal(first, reply.Body);
        Assert.Equal("running", (await Gateway.Get($"/api/v1/tasks/{Ended.Id}")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Head_Output_TellsTheLength()
    {
        var reply = await Gateway.Send(HttpMethod.Head, Path);
        Assert.Equal("10", reply.Headers["Content-Length"]);
        Assert.Equal("", Encoding.UTF8.GetString(reply.Body));
    }
}
