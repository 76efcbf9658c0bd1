using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Grains.Tests.Trust;

public sealed class CertificateAuthorityTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private readonly CertificateAuthority authority = new(CertificateAuthority.Make(Now));

    public void Dispose() => authority.Dispose();

    [Fact]
    public void IssueNode_CertifiesTheKeyForThirtyDaysAsThatNodeAndInstance()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        using var issued = authority.IssueNode("w1, O=evil", "0123", KeyOf(Request(key)), Now);

        Assert.Equal("w1, O=evil", issued.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        Assert.Contains("OU=0123", issued.Subject, StringComparison.Ordinal);
        Assert.Equal(Now + TimeSpan.FromDays(30), new DateTimeOffset(issued.NotAfter.ToUniversalTime()));
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), issued.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.True(IsTrusted(issued, "1.3.6.1.5.5.7.3.2"));
        Assert.False(IsTrusted(issued, "1.3.6.1.5.5.7.3.1"), "A worker could pass for a silo.");
    }

    [Fact]
    public void Issue_TheClockWasFastWhenTheAuthorityWasMade_TheCertificateIsValidNow()
    {
        var right = Now - TimeSpan.FromDays(2);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        using var node = authority.IssueNode("w1", "i", KeyOf(Request(key)), right);
        using var server = authority.IssueServer(right);

        Assert.InRange(right, new DateTimeOffset(node.NotBefore), new DateTimeOffset(node.NotAfter));
        Assert.InRange(right, new DateTimeOffset(server.NotBefore), new DateTimeOffset(server.NotAfter));
        using var root = X509CertificateLoader.LoadCertificate(authority.Certificate.Span);
        Assert.True(new DateTimeOffset(root.NotBefore) < right, "Peers would not trust the authority before its time.");
    }

    [Fact]
    public void Issue_TheClockIsBeforeTheAuthority_TheCertificateBeginsWithIt()
    {
        using var server = authority.IssueServer(Now - TimeSpan.FromDays(370));

        using var root = X509CertificateLoader.LoadCertificate(authority.Certificate.Span);
        Assert.Equal(root.NotBefore, server.NotBefore);
    }

    [Fact]
    public void HasSigned_ItsOwnAlsoExpired_ButNoneThatOnlyNamesIt()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var issued = authority.IssueNode("w1", "i", KeyOf(Request(key)), Now);
        var past = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var old = new CertificateAuthority(CertificateAuthority.Make(past));
        using var expired = old.IssueNode("w1", "i", KeyOf(Request(key)), past);
        using var other = new CertificateAuthority(CertificateAuthority.Make(Now));
        using var foreign = other.IssueNode("w1", "i", KeyOf(Request(key)), Now);
        using var forged = new CertificateRequest(authority.Name, key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(Now, Now + TimeSpan.FromDays(1));

        Assert.True(authority.HasSigned(issued));
        Assert.True(old.HasSigned(expired));
        Assert.False(authority.HasSigned(expired));
        Assert.False(authority.HasSigned(foreign));
        Assert.Equal(authority.Name.RawData, forged.IssuerName.RawData);
        Assert.False(authority.HasSigned(forged));
    }

    [Fact]
    public void IssueServer_IsForServersAlone()
    {
        using var issued = authority.IssueServer(Now);

        Assert.True(issued.HasPrivateKey);
        Assert.True(issued.MatchesHostname(CertificateAuthority.ServerName));
        Assert.True(IsTrusted(issued, "1.3.6.1.5.5.7.3.1"));
        Assert.False(IsTrusted(issued, "1.3.6.1.5.5.7.3.2"), "A silo could pass for a worker.");
    }

    [Fact]
    public void Read_RequestAsksForMore_OnlyItsKeyCounts()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));

        using var issued = authority.IssueNode("w1", "i", KeyOf(request.CreateSigningRequest()), Now);

        Assert.Equal("w1", issued.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        Assert.False(issued.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
    }

    [Fact]
    public void Read_Nonsense_IsRefusedInWords()
    {
        using var rsa = RSA.Create(2048);
        using var larger = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var forged = Request(key);
        forged[^1] ^= 1;
        var unknown = Request(key);
        // The last number of the signature's algorithm, ECDSA with SHA-256.
        unknown[unknown.AsSpan().LastIndexOf<byte>([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]) + 7] = 0x7F;

        Assert.Contains("0 bytes", WrongOf([]));
        Assert.Contains("2049 bytes", WrongOf(new byte[2049]));
        Assert.Contains("cannot be read", WrongOf(new byte[100]));
        Assert.Contains("cannot be read", WrongOf(RandomNumberGenerator.GetBytes(300)));
        Assert.Contains("not signed by its own key", WrongOf(forged));
        Assert.Contains("not signed by its own key", WrongOf([.. Request(key), 0]));
        Assert.Contains("cannot be read", WrongOf(unknown));
        Assert.Contains("P-256", WrongOf(new CertificateRequest("CN=w", larger, HashAlgorithmName.SHA256).CreateSigningRequest()));
        Assert.Contains("P-256", WrongOf(
            new CertificateRequest("CN=w", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest()));
    }

    [Fact]
    public async Task Open_ByManyAtOnce_MakesOneAuthority()
    {
        var store = new MemoryTrustStore();

        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CertificateAuthority.Open(store, Now)));

        Assert.Single(opened.Select(static one => Convert.ToHexString(one.Hash.Span)).Distinct());
    }

    [Fact]
    public async Task Make_Token_KeepsOnlyItsHash()
    {
        var store = new MemoryTrustStore();
        var time = new StillTime();

        var token = await JoinTokens.Make(store, time);

        Assert.Matches("^otj_[A-Za-z0-9_-]{32}\\.[A-Za-z0-9_-]{43}$", token.Text);
        Assert.Equal((Now + JoinTokens.Life).ToUnixTimeMilliseconds(), token.ExpiresAt);
        var secret = token.Text["otj_".Length..].Split('.')[0];
        var holder = new Storage.TokenHolder(new byte[] { 1 }, "w1", "i1");
        Assert.Equal(
            Storage.TokenUse.Used, (await store.UseToken(JoinTokens.HashOf(secret), holder, token.ExpiresAt - 1)).Use);
        Assert.NotEqual(token.Text, (await JoinTokens.Make(store, time)).Text);
    }

    private bool IsTrusted(X509Certificate2 certificate, string use)
    {
        using var chain = new X509Chain();
        using var root = X509CertificateLoader.LoadCertificate(authority.Certificate.Span);
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = Now.UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(use));
        return chain.Build(certificate);
    }

    private static byte[] Request(ECDsa key) =>
        new CertificateRequest("CN=whoever", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    private static CertificateKey KeyOf(byte[] request)
    {
        var key = CertificateKey.Read(request, out var wrong);
        Assert.True(key is not null, wrong);
        return key;
    }

    private static string WrongOf(byte[] request)
    {
        Assert.Null(CertificateKey.Read(request, out var wrong));
        return wrong;
    }

    private sealed class StillTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
