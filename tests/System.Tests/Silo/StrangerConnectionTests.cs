using System.Net.Security;
using System.Runtime.Versioning;
using OrleansTasks.Silo.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>Connections without a certificate that counts, over real TLS.</summary>
[SupportedOSPlatform("linux")]
public sealed class StrangerConnectionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connections_WithoutACertificateThatCounts_OneTooMany_TheOldestIsClosed(bool isRevoked)
    {
        await using var rig = await TrustRig.Started();
        var shown = isRevoked ? await rig.Join("forgotten") : null;
        rig.Store.Revoke("forgotten");
        var strangers = new List<SslStream>();
        try
        {
            for (var i = 0; i <= Strangers.FromOne; i++)
                strangers.Add(await rig.Knock(Cancellation, shown));

            Assert.True(await IsClosed(strangers[0]));
            await rig.Join("w1");
        }
        finally
        {
            strangers.ForEach(static stranger => stranger.Dispose());
        }
    }

    private static async Task<bool> IsClosed(SslStream stream)
    {
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer, Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(30)) > 0)
            {
                // The server's settings.
            }
        }
        catch (IOException)
        {
            // Reset, which is closed as well.
        }

        return true;
    }
}
