using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tests.Edges;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>What the gateway refuses by a body's type, coding, size or pace, before it reads what the body says.</summary>
public sealed class BodyProblemTests : IAsyncLifetime
{
    private const string Valid = """{"cmd":"touch /tmp/hello"}""";
    private readonly ScriptedGrains grains = new();
    private GatewayHost gateway = null!;

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(grains);

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData(null)]
    public async Task Submit_BodyOfAnotherType_Is415(string? type)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Valid));
        if (type is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await gateway.Http.PostAsync("/tasks", content);
        (await Reply.Read(response)).Problem(415, "unsupported-media-type");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submit_BodyOver1MiB_Is413(bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks");
        request.Content = new StringContent(Valid + new string(' ', 1024 * 1024), Encoding.UTF8, "application/json");
        request.Headers.TransferEncodingChunked = isChunked;
        using var response = await gateway.Http.SendAsync(request);
        (await Reply.Read(response)).Problem(413, "body-too-large");
    }

    [Theory]
    [InlineData("application/json", 413)]
    [InlineData("text/plain", 415)]
    public async Task Submit_RefusedWhileTheBodyIsSent_LetsItBeSentToItsEnd(string type, int status)
    {
        using var caller = new TcpClient();
        await caller.ConnectAsync("127.0.0.1", gateway.Http.BaseAddress!.Port);
        var stream = caller.GetStream();
        const int Length = 40 * 1024 * 1024;
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: {type}\r\nContent-Length: {Length}\r\nConnection: close\r\n\r\n"));
        // Throws when the gateway resets the connection, as most programs would before they read the answer.
        for (var sent = 0; sent < Length; sent += 1024 * 1024)
            await stream.WriteAsync(new byte[1024 * 1024]);
        using var reader = new StreamReader(stream);
        Assert.StartsWith($"HTTP/1.1 {status} ", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/tasks/018f0000-0000-7000-8000-000000000000/cancel")]
    [InlineData("/api/v1/tasks/cancel?queue=a")]
    public async Task Write_BodyWithoutAType_Is415(string path)
    {
        using var content = new ByteArrayContent("x=1"u8.ToArray());
        using var response = await gateway.Http.PostAsync(path, content);
        (await Reply.Read(response)).Problem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task Submit_CompressedBody_Is415()
    {
        using var content = new StringContent(Valid, Encoding.UTF8, "application/json");
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await gateway.Http.PostAsync("/tasks", content);
        (await Reply.Read(response)).Problem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task Submit_BodyCompressedForItsTransfer_Is415()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/tasks");
        request.Content = new StringContent(Valid, Encoding.UTF8, "application/json");
        request.Headers.TransferEncoding.Add(new TransferCodingHeaderValue("gzip"));
        request.Headers.TransferEncodingChunked = true;
        using var response = await gateway.Http.SendAsync(request);
        (await Reply.Read(response)).Problem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task SubmitBatch_BodyUpTo16MiB_IsAllowed()
    {
        var body = """{"tasks":[""" + Valid + "]}";
        Assert.Equal(202, (await gateway.Post("/api/v1/tasks/batch", body + new string(' ', 16 * 1024 * 1024 - body.Length))).Status);
        (await gateway.Post("/api/v1/tasks/batch", body + new string(' ', 16 * 1024 * 1024))).Problem(413, "body-too-large");
    }

    [Fact]
    public async Task Submit_BodyThatStalls_Is408()
    {
        var time = new VirtualTime();
        using var faults = new LoggedFaults();
        await using (var slow = await GatewayHost.Start(services => services.AddSingleton(grains.Factory).AddSingleton<TimeProvider>(time)
            .AddLogging(logging => logging.AddProvider(faults))))
        {
            var text = slow.SendRaw(
                "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{");
            await Eventually.True(() => time.HasTimer(RequestBody.LongestStall));
            time.Advance(RequestBody.LongestStall);
            // The connection ends with the answer.
            var answer = await Eventually.Within(text);
            Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
            Assert.EndsWith("}", answer, StringComparison.Ordinal);
        }

        // Kestrel drains the rest of the body, and says so if a read of ours is in its way.
        Assert.Empty(faults.Take());
    }
}
