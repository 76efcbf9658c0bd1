using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Tests.Trust;

/// <summary>What a worker says of a server that it does not trust.</summary>
public sealed class PinnedTests
{
    private static readonly DateTimeOffset Begins = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-1, "is not valid yet")]
    [InlineData(31, "has expired")]
    public void WhyNot_ClocksDiffer_SaysTheSameAtEveryTry(int day, string which)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var shown = new CertificateRequest("CN=silo", key, HashAlgorithmName.SHA256).CreateSelfSigned(Begins, Begins.AddDays(30));
        var now = Begins.AddDays(day);
        var said = Pinned.WhyNot(shown, "10.0.0.1:50051", now);
        Assert.Contains(which, said, StringComparison.Ordinal);
        Assert.Contains("compare the clocks", said, StringComparison.Ordinal);
        Assert.Equal(said, Pinned.WhyNot(shown, "10.0.0.1:50051", now.AddSeconds(1)));
    }
}
