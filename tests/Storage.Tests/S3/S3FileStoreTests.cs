using System.Net;
using System.Net.Sockets;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.S3;
using OrleansTasks.Tests.S3;

namespace OrleansTasks.Storage.Tests.S3;

[Trait("Needs", "s3")]
public sealed class S3FileStoreTests : IDisposable
{
    private const string Secret = "a-secret-that-nobody-may-see";
    private readonly S3Place place = new();

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task DiscardLeft_AfterACrash_RemovesThePartsOfUnfinishedUploads()
    {
        var upload = place.Store.Begin();
        await upload.Write(new byte[2 * S3FileStore.PartBytes + 1]);
        await ((S3Upload)upload).Settle();
        var next = place.Open();

        Assert.Equal(0, await next.DiscardLeft(TimeSpan.FromHours(1)));
        Assert.Equal(0, await place.Store.DiscardLeft(TimeSpan.Zero));
        Assert.Equal(1, await next.DiscardLeft(TimeSpan.Zero));
        Assert.Equal(0, await next.DiscardLeft(TimeSpan.Zero));
    }

    [Fact]
    public async Task Dispose_OfAnUnpublishedUpload_LeavesNothing()
    {
        await using (var upload = place.Store.Begin())
            await upload.Write(new byte[2 * S3FileStore.PartBytes + 1]);

        Assert.Equal(0, await place.Open().DiscardLeft(TimeSpan.Zero));
    }

    [Fact]
    public async Task Publish_ThatFailsHalfway_AbortsTheObjectAndLeavesNothing()
    {
        var content = new byte[2 * S3FileStore.PartBytes + 1];
        await using (var upload = place.Store.Begin())
        {
            await upload.Write(content);
            await ((S3Upload)upload).Settle();
            // As if a lifecycle rule of the bucket had removed a part.
            Assert.Equal(1, await place.Open().DiscardLeft(TimeSpan.Zero));

            await Assert.ThrowsAsync<StoreUnavailableException>(() => place.Store.Publish([upload]));
        }

        Assert.Null(await place.Store.Length(FileName.Of(content)));
        Assert.Empty(await place.Unfinished());
    }

    [Fact]
    public async Task Open_AtAnotherSilo_GivesThePublishedBytes()
    {
        var content = new byte[S3FileStore.PartBytes + 77];
        Random.Shared.NextBytes(content);
        await using var upload = place.Store.Begin();
        await upload.Write(content);
        await place.Store.Publish([upload]);

        await using var stream = (await place.Open().Open(FileName.Of(content), S3FileStore.PartBytes - 5))!;
        using var read = new MemoryStream();
        await stream.CopyToAsync(read);

        Assert.Equal(content[(S3FileStore.PartBytes - 5)..], read.ToArray());
    }

    [Fact]
    public async Task Claim_ByTwoSilosOfAService_Succeeds_AndByAnotherServiceIsRefused()
    {
        await place.Store.Claim("one");
        await place.Open().Claim("one");

        var refused = await Assert.ThrowsAsync<UnusableBucketException>(() => place.Open().Claim("two"));

        Assert.Contains("Another service keeps its files in s3://files/", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, await place.Open().DiscardLeft(TimeSpan.Zero));
    }

    [Fact]
    public async Task Claim_OfABucketThatIsNotThere_SaysSo()
    {
        var refused = await Assert.ThrowsAsync<UnusableBucketException>(() =>
            place.Open(S3Place.AddressOf("absent")).Claim("one"));

        Assert.Contains("There is no bucket 'absent' at http://127.0.0.1:", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("WRONG", Secret, "does not accept the access key (InvalidAccessKeyId)")]
    [InlineData(S3Server.Key, Secret, "The secret key does not belong to the access key")]
    public async Task Claim_WithAWrongKey_SaysSoWithoutTheKey(string key, string secret, string said)
    {
        var store = place.Open(key: key, secret: secret);

        var refused = await Assert.ThrowsAsync<UnusableBucketException>(() => store.Claim("one"));

        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.Equal(refused.Message, store.Fault);
        Assert.DoesNotContain(secret, refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("WRONG", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Claim_WithoutANetwork_MaySucceedLater()
    {
        var store = place.Open(S3Place.Read($"s3://files?endpoint=http://127.0.0.1:{UnusedPort()}"));

        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Claim("one"));

        Assert.Contains("Cannot reach http://127.0.0.1:", fault.Message, StringComparison.Ordinal);
        Assert.Equal(fault.Message, store.Fault);
    }

    [Fact]
    public async Task Fault_AfterACallThatSucceeded_IsGone()
    {
        var store = place.Open(S3Place.AddressOf("absent"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.List(0));
        Assert.NotNull(store.Fault);
        Assert.Null(place.Store.Fault);

        await place.Store.List(0);
        Assert.Null(await place.Store.Length(FileName.Of("absent"u8)));

        Assert.Null(place.Store.Fault);
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
