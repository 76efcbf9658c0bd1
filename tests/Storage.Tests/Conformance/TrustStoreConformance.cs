using OrleansTasks.Trust;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every trust store must do.</summary>
public abstract class TrustStoreConformance
{
    private const long Day = 24 * 3600 * 1000;
    private static readonly byte[] Hash = [1, 2, 3];
    private static readonly TokenHolder Holder = new(new byte[] { 7, 7 }, "w1", "i1");
    private static readonly TokenHolder OtherKey = Holder with { KeyHash = new byte[] { 8, 8 } };

    protected abstract ITrustStore Store { get; }

    protected abstract INodeStore Nodes { get; }

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
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);

        Assert.Equal(TokenUse.Used, await Use(Holder, 50));
        Assert.Equal(TokenUse.Spent, await Use(OtherKey, 51));
        Assert.Equal(TokenUse.Used, await Use(Holder, 52));
        Assert.Equal(TokenUse.Unknown, (await Store.UseToken(new byte[] { 9 }, Holder, 53)).Use);
    }

    [Fact]
    public async Task UseToken_OfAnotherNodeOrInstanceWithTheSameKey_IsSpent()
    {
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);
        Assert.Equal(TokenUse.Used, await Use(Holder, 50));

        Assert.Equal(TokenUse.Spent, await Use(Holder with { Node = "w2" }, 51));
        Assert.Equal(TokenUse.Spent, await Use(Holder with { Instance = "i2" }, 51));
        Assert.Equal(TokenUse.Used, await Use(Holder, 52));
    }

    [Fact]
    public async Task UseToken_ItsNodeWasRevoked_IsUnknownAlsoToItsHolder()
    {
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);
        await Store.AddToken(new byte[] { 4 }, TokenTerms.Any, 10, 100);
        await Store.AddToken(new byte[] { 5 }, TokenTerms.Any, 10, 100);
        await Use(Holder, 50);
        var other = Holder with { Node = "w2" };
        await Store.UseToken(new byte[] { 4 }, other, 50);

        await Nodes.Delete("w1");

        Assert.Equal(TokenUse.Unknown, await Use(Holder, 51));
        Assert.Equal(TokenUse.Used, (await Store.UseToken(new byte[] { 4 }, other, 51)).Use);
        Assert.Equal(TokenUse.Used, (await Store.UseToken(new byte[] { 5 }, Holder, 51)).Use);
    }

    [Fact]
    public async Task UseToken_NameDoesNotMatch_IsNotUsed()
    {
        var terms = new TokenTerms("w*", [new Label("gpu", "a100"), new Label("zone", "secure")]);
        await Store.AddToken(Hash, terms, 10, 100);

        Assert.Equal(TokenUse.WrongName, await Use(Holder with { Node = "v1" }, 50));
        Assert.True(await Store.HasUsableCredential(50));
        var verdict = await Store.UseToken(Hash, Holder, 51);

        Assert.Equal((TokenUse.Used, terms.Node), (verdict.Use, verdict.Terms.Node));
        Assert.Equal(terms.Labels, verdict.Terms.Labels);
    }

    [Fact]
    public async Task FixedLabels_AreThoseOfAnyTokenThatThereEverWas()
    {
        Assert.Empty(await Store.FixedLabels());
        await Store.AddToken(Hash, new TokenTerms("*", [new Label("zone", "a")]), 10, 100);
        await Store.AddToken(new byte[] { 4 }, new TokenTerms("*", [new Label("gpu", "b"), new Label("zone", "b")]), 10, 100);

        await Store.AddToken(new byte[] { 5 }, TokenTerms.Any, 101 + Day, 200 + Day);

        Assert.Equal(["gpu", "zone"], await Store.FixedLabels());
    }

    [Fact]
    public async Task HasToken_UntilItExpires()
    {
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);
        await Use(Holder, 50);

        Assert.True(await Store.HasToken(Hash, 99));
        Assert.False(await Store.HasToken(Hash, 100));
        Assert.False(await Store.HasToken(new byte[] { 9 }, 50));
    }

    [Fact]
    public async Task FindCertificate_HasTheLabelsOfItsToken()
    {
        ImmutableArray<Label> labels = [new("gpu", "a100"), new("zone", "secure")];
        await Add(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500) { Labels = labels }, 10);
        await Add(new CertificateRow(new byte[] { 2 }, "w1", "i1", 500), 10);

        Assert.Equal(labels, (await Store.FindCertificate(new byte[] { 1 }))!.Labels);
        Assert.Empty((await Store.FindCertificate(new byte[] { 2 }))!.Labels);
    }

    [Fact]
    public async Task UseToken_TooLate_IsExpired()
    {
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);

        Assert.Equal(TokenUse.Expired, await Use(Holder, 100));
        Assert.Equal(TokenUse.Expired, await Use(OtherKey, 100));
    }

    [Fact]
    public async Task UseToken_ByManyAtOnce_IsUsedByOne()
    {
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);

        var uses = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Use(Holder with { KeyHash = new[] { (byte)n } }, 20)));

        Assert.Equal(1, uses.Count(static use => use == TokenUse.Used));
        Assert.Equal(19, uses.Count(static use => use == TokenUse.Spent));
    }

    [Fact]
    public async Task HasUsableCredential_OnlyWhileATokenCanBeUsedOrACertificateCounts()
    {
        Assert.False(await Store.HasUsableCredential(1));
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);
        Assert.True(await Store.HasUsableCredential(99));
        Assert.False(await Store.HasUsableCredential(100));
        await Use(Holder, 50);
        Assert.False(await Store.HasUsableCredential(99));
        await Add(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500), 50);
        Assert.True(await Store.HasUsableCredential(499));
        Assert.False(await Store.HasUsableCredential(500));
        await Nodes.Delete("w1");
        Assert.False(await Store.HasUsableCredential(499));
    }

    [Fact]
    public async Task AddToken_OldOnesHaveLongExpired_AreForgotten()
    {
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);
        await Store.AddToken(new byte[] { 4 }, TokenTerms.Any, 100 + Day, 200 + Day);
        Assert.Equal(TokenUse.Expired, await Use(Holder, 100 + Day));

        await Store.AddToken(new byte[] { 5 }, TokenTerms.Any, 101 + Day, 200 + Day);

        Assert.Equal(TokenUse.Unknown, await Use(Holder, 101 + Day));
    }

    [Fact]
    public async Task Certificate_IsFoundUntilItsNodeIsRevoked()
    {
        await Add(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500), 10);
        await Add(new CertificateRow(new byte[] { 2 }, "w1", "i1", 600), 11);
        await Add(new CertificateRow(new byte[] { 3 }, "w2", "i2", 700), 12);

        var found = await Store.FindCertificate(new byte[] { 2 });
        Assert.Equal(("w1", "i1", 600), (found!.Node, found.Instance, found.ExpiresAt));
        Assert.Null(await Store.FindCertificate(new byte[] { 4 }));

        await Nodes.Delete("w1");

        Assert.Null(await Store.FindCertificate(new byte[] { 1 }));
        Assert.Null(await Store.FindCertificate(new byte[] { 2 }));
        Assert.NotNull(await Store.FindCertificate(new byte[] { 3 }));
    }

    [Fact]
    public async Task AddCertificate_OldOnesHaveLongExpired_AreForgotten()
    {
        await Add(new CertificateRow(new byte[] { 1 }, "w1", "i1", 100), 10);
        await Add(new CertificateRow(new byte[] { 2 }, "w1", "i1", 100 + (2 * Day)), 100 + Day);
        Assert.NotNull(await Store.FindCertificate(new byte[] { 1 }));

        await Add(new CertificateRow(new byte[] { 3 }, "w1", "i1", 100 + (2 * Day)), 101 + Day);

        Assert.Null(await Store.FindCertificate(new byte[] { 1 }));
    }

    [Fact]
    public async Task AddCertificate_NodeWasRevokedSinceItsTokenWasUsed_IsNotStored()
    {
        await Store.AddToken(Hash, TokenTerms.Any, 10, 100);
        await Use(Holder, 20);
        await Nodes.Delete(Holder.Node);

        var row = new CertificateRow(new byte[] { 1 }, Holder.Node, Holder.Instance, 500);
        Assert.Equal(CertificateOutcome.NoGrounds, await Store.AddCertificate(row, Hash, 20));

        Assert.Null(await Store.FindCertificate(new byte[] { 1 }));
    }

    [Fact]
    public async Task AddCertificate_FollowsOneThatWasRevoked_IsNotStored()
    {
        await Add(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500), 10);
        var next = new CertificateRow(new byte[] { 2 }, "w1", "i1", 900);
        Assert.Equal(CertificateOutcome.Stored, await Store.AddCertificate(next, new byte[] { 1 }, 20));
        await Nodes.Delete("w1");

        Assert.Equal(
            CertificateOutcome.NoGrounds,
            await Store.AddCertificate(next with { Thumbprint = new byte[] { 3 } }, new byte[] { 2 }, 30));

        Assert.Null(await Store.FindCertificate(new byte[] { 3 }));
    }

    [Fact]
    public async Task AddCertificate_InstanceReceivedOneRecently_IsNotStored()
    {
        await Add(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500), 10);
        var next = new CertificateRow(new byte[] { 2 }, "w1", "i1", 900);
        Assert.Equal(CertificateOutcome.Stored, await Store.AddCertificate(next, new byte[] { 1 }, 20, apart: 100));

        var soon = next with { Thumbprint = new byte[] { 3 }, ExpiresAt = 999 };
        Assert.Equal(CertificateOutcome.TooSoon, await Store.AddCertificate(soon, new byte[] { 1 }, 30, apart: 100));
        Assert.Null(await Store.FindCertificate(new byte[] { 3 }));
        var other = soon with { Instance = "i2" };
        Assert.Equal(CertificateOutcome.Stored, await Store.AddCertificate(other, new byte[] { 1 }, 30, apart: 100));
        var later = soon with { Thumbprint = new byte[] { 4 }, ExpiresAt = 1_000 };
        Assert.Equal(CertificateOutcome.Stored, await Store.AddCertificate(later, new byte[] { 1 }, 30, apart: 100));
    }

    [Fact]
    public async Task Delete_NodeThatHasOnlyJoined_RevokesItsCertificateOnce()
    {
        await Add(new CertificateRow(new byte[] { 1 }, "w1", "i1", 500), 10);

        Assert.False(await Nodes.Delete("w2"));
        Assert.True(await Nodes.Delete("w1"));

        Assert.Null(await Store.FindCertificate(new byte[] { 1 }));
        Assert.False(await Nodes.Delete("w1"));
    }

    /// <summary>Stores a certificate by a token of its own, which nobody can use any more.</summary>
    private async Task Add(CertificateRow certificate, long at)
    {
        var token = new byte[] { 200, certificate.Thumbprint.Span[0] };
        await Store.AddToken(token, TokenTerms.Any, at, at);
        Assert.Equal(CertificateOutcome.Stored, await Store.AddCertificate(certificate, token, at));
    }

    private async Task<TokenUse> Use(TokenHolder holder, long at) => (await Store.UseToken(Hash, holder, at)).Use;
}
