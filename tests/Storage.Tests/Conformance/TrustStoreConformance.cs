namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every trust store must do.</summary>
public abstract class TrustStoreConformance
{
    private const long Day = 24 * 3600 * 1000;
    private static readonly byte[] Hash = [1, 2, 3];
    private static readonly byte[] Key = [7, 7];
    private static readonly byte[] OtherKey = [8, 8];

    protected abstract ITrustStore Store { get; }

    [Fact]
    public async Task AddAuthority_ThereIsOne_KeepsTheFirst()
    {
        Assert.Null(await Store.GetAuthority());

        var first = await Store.AddAuthority(new AuthorityRow(new byte[] { 1 }, new byte[] { 2 }, 5));
        var second = await Store.AddAuthority(new AuthorityRow(new byte[] { 3 }, new byte[] { 4 }, 6));

        foreach (var row in new[] { first, second, (await Store.GetAuthority())! })
            Assert.Equal(("01", "02", 5), (Convert.ToHexString(row.Certificate.Span), Convert.ToHexString(row.Key.Span), row.CreatedAt));
    }

    [Fact]
    public async Task UseToken_UsedTwice_IsSpentExceptForTheSameKey()
    {
        await Store.AddToken(Hash, 10, 100);

        Assert.Equal(TokenUse.Used, await Store.UseToken(Hash, Key, 50));
        Assert.Equal(TokenUse.Spent, await Store.UseToken(Hash, OtherKey, 51));
        Assert.Equal(TokenUse.Used, await Store.UseToken(Hash, Key, 52));
        Assert.Equal(TokenUse.Unknown, await Store.UseToken(new byte[] { 9 }, Key, 53));
    }

    [Fact]
    public async Task UseToken_TooLate_IsExpired()
    {
        await Store.AddToken(Hash, 10, 100);

        Assert.Equal(TokenUse.Expired, await Store.UseToken(Hash, Key, 100));
        Assert.Equal(TokenUse.Expired, await Store.UseToken(Hash, OtherKey, 100));
    }

    [Fact]
    public async Task UseToken_ByManyAtOnce_IsUsedByOne()
    {
        await Store.AddToken(Hash, 10, 100);

        var uses = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Store.UseToken(Hash, new[] { (byte)n }, 20)));

        Assert.Equal(1, uses.Count(static use => use == TokenUse.Used));
        Assert.Equal(19, uses.Count(static use => use == TokenUse.Spent));
    }

    [Fact]
    public async Task LetsAnyIn_OnlyWhileATokenCanBeUsedOrACertificateCounts()
    {
        Assert.False(await Store.LetsAnyIn(1));
        await Store.AddToken(Hash, 10, 100);
        Assert.True(await Store.LetsAnyIn(99));
        Assert.False(await Store.LetsAnyIn(100));
        await Store.UseToken(Hash, Key, 50);
        Assert.False(await Store.LetsAnyIn(99));
        await Store.AddCertificate(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500), 50);
        Assert.True(await Store.LetsAnyIn(499));
        Assert.False(await Store.LetsAnyIn(500));
        await Store.Revoke("w1");
        Assert.False(await Store.LetsAnyIn(499));
    }

    [Fact]
    public async Task AddToken_OldOnesHaveLongExpired_AreForgotten()
    {
        await Store.AddToken(Hash, 10, 100);
        await Store.AddToken(new byte[] { 4 }, 100 + Day, 200 + Day);
        Assert.Equal(TokenUse.Expired, await Store.UseToken(Hash, Key, 100 + Day));

        await Store.AddToken(new byte[] { 5 }, 101 + Day, 200 + Day);

        Assert.Equal(TokenUse.Unknown, await Store.UseToken(Hash, Key, 101 + Day));
    }

    [Fact]
    public async Task Certificate_IsFoundUntilItsNodeIsRevoked()
    {
        await Store.AddCertificate(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500), 10);
        await Store.AddCertificate(new CertificateRow(new byte[] { 2 }, "w1", "i1", 600), 11);
        await Store.AddCertificate(new CertificateRow(new byte[] { 3 }, "w2", "i2", 700), 12);

        var found = await Store.FindCertificate(new byte[] { 2 });
        Assert.Equal(("w1", "i1", 600), (found!.Node, found.Instance, found.ExpiresAt));
        Assert.Null(await Store.FindCertificate(new byte[] { 4 }));

        await Store.Revoke("w1");

        Assert.Null(await Store.FindCertificate(new byte[] { 1 }));
        Assert.Null(await Store.FindCertificate(new byte[] { 2 }));
        Assert.NotNull(await Store.FindCertificate(new byte[] { 3 }));
    }

    [Fact]
    public async Task AddCertificate_OldOnesHaveLongExpired_AreForgotten()
    {
        await Store.AddCertificate(new CertificateRow(new byte[] { 1 }, "w1", "i1", 100), 10);
        await Store.AddCertificate(new CertificateRow(new byte[] { 2 }, "w1", "i1", 100 + (2 * Day)), 100 + Day);
        Assert.NotNull(await Store.FindCertificate(new byte[] { 1 }));

        await Store.AddCertificate(new CertificateRow(new byte[] { 3 }, "w1", "i1", 100 + (2 * Day)), 101 + Day);

        Assert.Null(await Store.FindCertificate(new byte[] { 1 }));
    }
}
