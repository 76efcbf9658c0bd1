using System.Net;

namespace OrleansTasks.System.Tests.Keys;

/// <summary>A body of items that goes on until it cannot be sent.</summary>
internal sealed class EndlessLines : HttpContent
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);
    private readonly TaskCompletionSource sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public EndlessLines() => Headers.ContentType = new("application/x-ndjson");

    /// <summary>Completes when the first items are out.</summary>
    public Task Sent => sent.Task;

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        using var pace = new PeriodicTimer(Pace);
        while (await pace.WaitForNextTickAsync())
        {
            await stream.WriteAsync("1\n2\n3\n"u8.ToArray());
            await stream.FlushAsync();
            sent.TrySetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
