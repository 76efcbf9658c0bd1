using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf.WellKnownTypes;

namespace OrleansTasks.Grpc.Tests;

/// <summary>What the server does with HTTP requests that no well-behaved client sends.</summary>
public sealed class RawCallTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<HttpResponseMessage> Post(
        Echo echo, byte[] body, Action<HttpRequestMessage>? change = null, string type = "application/grpc")
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(echo.Address, "/test.Echo/Say"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } },
        };
        change?.Invoke(request);
        var response = await http.SendAsync(request, Cancellation);
        await response.Content.LoadIntoBufferAsync(Cancellation);
        return response;
    }

    private static string? Of(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.Single() : null;

    [Fact]
    public async Task Success_HasContentTypeMessageAndStatusTrailer()
    {
        await using var echo = await Echo.Start();
        var response = await Post(echo, [0, 0, 0, 0, 0]);
        Assert.Equal((HttpStatusCode.OK, "application/grpc"), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Equal([0, 0, 0, 0, 3, 0x0a, 1, (byte)'!'], await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.Equal("0", Of(response.TrailingHeaders, "grpc-status"));
        Assert.Null(Of(response.Headers, "grpc-status"));
    }

    [Fact]
    public async Task Refusal_WithoutAMessage_IsHeadersAlone()
    {
        await using var echo = await Echo.Start();
        echo.Unary = static (_, _) => throw new ArgumentException("zu groß");
        var response = await Post(echo, [0, 0, 0, 0, 0]);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("3", "zu gro%C3%9F"), (Of(response.Headers, "grpc-status"), Of(response.Headers, "grpc-message")));
        Assert.Empty(response.TrailingHeaders);
    }

    [Fact]
    public async Task OtherContentType_Is415()
    {
        await using var echo = await Echo.Start();
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await Post(echo, [], type: "application/json")).StatusCode);
    }

    [Theory]
    [InlineData("grpc-timeout", "soon", "13")]
    [InlineData("grpc-encoding", "gzip", "12")]
    public async Task HeaderThatIsNotSpoken_IsRefused(string name, string value, string status)
    {
        await using var echo = await Echo.Start();
        var response = await Post(echo, [0, 0, 0, 0, 0], request => request.Headers.TryAddWithoutValidation(name, value));
        Assert.Equal(status, Of(response.Headers, "grpc-status"));
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "12")]
    [InlineData(new byte[] { }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "13")]
    public async Task BodyThatIsNotOneMessage_IsRefused(byte[] body, string status)
    {
        await using var echo = await Echo.Start();
        Assert.Equal(status, Of((await Post(echo, body)).Headers, "grpc-status"));
    }

    [Fact]
    public async Task TimeoutHeader_IsTheHandlersDeadline()
    {
        await using var echo = await Echo.Start();
        echo.Unary = static async (_, call) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancellation);
            return new StringValue();
        };
        var response = await Post(echo, [0, 0, 0, 0, 0], request => request.Headers.TryAddWithoutValidation("grpc-timeout", "50m"));
        Assert.Equal("4", Of(response.Headers, "grpc-status"));
    }
}
