using System.Net;
using System.Net.Sockets;
using OrleansTasks.Worker.Processes.Forwarding;

namespace OrleansTasks.Worker.Tests.Processes.Forwarding;

/// <summary>Lookups for which the system has no thread.</summary>
[Collection(nameof(AloneCollection))]
public sealed class ForwarderShareTests
{
    private readonly SemaphoreSlim own = new(2);

    [Fact]
    public async Task Resolve_SystemGivesNoThread_CountsAgainstNoBound()
    {
        var share = new ForwarderShare(static _ => [IPAddress.Loopback]);
        var cancellation = TestContext.Current.CancellationToken;
        // Loads all code that the failure needs, while files can be opened.
        Assert.Single(await share.ResolveAsync("one.example", own, cancellation));
        using (new NoDescriptors())
        {
            for (var i = 0; i <= ForwarderShare.MostLookups; i++)
            {
                try
                {
                    _ = await share.ResolveAsync("one.example", own, cancellation);
                }
                catch (SocketException failure)
                {
                    Assert.Equal(SocketError.TryAgain, failure.SocketErrorCode);
                }
            }
        }

        Assert.Single(await share.ResolveAsync("one.example", own, cancellation).WaitAsync(TimeSpan.FromSeconds(30), cancellation));
    }
}
