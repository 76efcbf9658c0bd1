using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace OrleansTasks.Fuzz.Tests.Workers;

/// <summary>A worker's open stream of commands, as the fake master holds it.</summary>
internal sealed class CommandStream
{
    /// <summary>An empty message: it tells the worker that the stream works.</summary>
    private static readonly byte[] Nothing = [0, 0, 0, 0, 0];

    private readonly Channel<byte[]> waiting = Channel.CreateUnbounded<byte[]>();
    private string? status;
    private int ended;

    /// <summary>Sends bytes.</summary>
    public void Send(byte[] bytes) => waiting.Writer.TryWrite(bytes);

    /// <summary>
    /// Ends the stream, unless it has been ended: with a status, or by a reset when the status is null.
    /// </summary>
    public void End(string? with)
    {
        if (Interlocked.Exchange(ref ended, 1) != 0)
            return;
        status = with;
        waiting.Writer.TryComplete();
    }

    /// <summary>Carries the bytes until the stream is ended by either side.</summary>
    public async Task Carry(HttpContext context)
    {
        await context.Response.Body.WriteAsync(Nothing, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await foreach (var bytes in waiting.Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }

        if (status is null)
            context.Abort();
        else
            context.Response.AppendTrailer("grpc-status", status);
    }
}
