using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tests.Gateway;

public sealed class RefusalWriterTests
{
    private const string Head = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    /// <summary>Answers that are sent together share a segment of the pipe, of which little may be left.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3_500)]
    [InlineData(3_950)]
    [InlineData(4_090)]
    public async Task Refusal_HoweverFullTheSegmentIs_HasAProblem(int before)
    {
        var pipe = new Pipe(new PipeOptions(minimumSegmentSize: 4_096));
        var writer = new RefusalWriter(pipe.Writer);
        writer.LeaveToApplication();
        Write(writer, new string('x', before));
        await writer.TakeBack();

        Write(writer, Head);
        await writer.FlushAsync(TestContext.Current.CancellationToken);

        var sent = (await pipe.Reader.ReadAsync(TestContext.Current.CancellationToken)).Buffer;
        var text = Encoding.ASCII.GetString(sent.ToArray())[before..];
        Assert.Contains("\r\nContent-Type: application/problem+json\r\n", text, StringComparison.Ordinal);
        Assert.EndsWith("}", text, StringComparison.Ordinal);
    }

    private static void Write(PipeWriter writer, string text)
    {
        var span = writer.GetSpan(text.Length);
        Encoding.ASCII.GetBytes(text, span);
        writer.Advance(text.Length);
    }
}
