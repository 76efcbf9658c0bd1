using System.Text;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.System.Tests.DotNet;

/// <summary>The position that an event stream names before its first event.</summary>
public sealed class EventBytesTests
{
    [Theory]
    [InlineData("id: p0\n\n", "p0")]
    [InlineData(": hello\n\nid:p0\r\n\r\n: still here\n\n", "p0")]
    [InlineData("id: p0\n\nid: p1\n", "p0")]
    [InlineData("id: p0\n\nid: p1\ndata: a\n\nid: p2\n\n", "p0")]
    [InlineData("id: p1\ndata: a\n\nid: p2\n\n", null)]
    [InlineData("id: p0\n", null)]
    [InlineData("", null)]
    public async Task Start_IsTheIdBeforeTheFirstEvent(string text, string? expected)
    {
        // However the bytes arrive.
        foreach (var size in (int[])[1, 7, 1000])
        {
            await using var stream = new EventBytes(new MemoryStream(Encoding.UTF8.GetBytes(text)));
            var buffer = new byte[size];
            while (await stream.ReadAsync(buffer, TestContext.Current.CancellationToken) > 0)
            {
            }

            Assert.Equal(expected, stream.Start);
        }
    }
}
