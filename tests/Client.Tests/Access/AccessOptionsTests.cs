using System.Net;
using OrleansTasks.Client.Access;

namespace OrleansTasks.Client.Tests.Access;

public sealed class AccessOptionsTests
{
    [Theory]
    [InlineData("0.0.0.0", null, false, true, true)]
    [InlineData("::", null, false, true, true)]
    [InlineData("192.0.2.1", "http://tasks.example", false, true, true)]
    [InlineData("192.0.2.1", "https://tasks.example", false, true, false)]
    [InlineData("192.0.2.1", null, true, true, false)]
    [InlineData("192.0.2.1", null, false, false, false)]
    [InlineData("127.0.0.1", null, false, true, false)]
    [InlineData("::1", null, false, true, false)]
    public void TakesKeysInClear_ByAddressTlsAndProxy_IsKnown(string listens, string? publicUrl, bool usesTls, bool needsKey, bool expected)
    {
        var url = publicUrl is null ? null : new Uri(publicUrl);

        Assert.Equal(expected, new AccessOptions(new IPEndPoint(IPAddress.Parse(listens), 1), url, usesTls, needsKey).TakesKeysInClear);
    }
}
