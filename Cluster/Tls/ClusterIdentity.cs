using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Cluster.Tls;

/// <summary>
/// The cluster certificate that this process shows, and the authority by which it checks those of others. A certificate
/// is replaced before it expires; connections keep the one that they were opened with.
/// </summary>
internal abstract class ClusterIdentity(TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);
    private volatile ClusterCredentials? latest;

    /// <summary>Returns what the next connection shows and trusts.</summary>
    /// <exception cref="ClusterIdentityException">There is no certificate, and none can be had now.</exception>
    internal async ValueTask<ClusterCredentials> Get()
    {
        if (latest is { } current && !IsStale(current, time.GetUtcNow()))
            return current;
        await gate.WaitAsync();
        try
        {
            if (latest is { } other && !IsStale(other, time.GetUtcNow()))
                return other;
            return latest = await Renew(time.GetUtcNow());
        }
        // One that cannot be replaced now is used as long as it lasts.
        catch (ClusterIdentityException) when (latest is { } old && !old.HasExpired(time.GetUtcNow()))
        {
            return old;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        gate.Dispose();
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns whether a newer certificate should be used from now on.</summary>
    protected abstract bool IsStale(ClusterCredentials current, DateTimeOffset now);

    /// <summary>Returns the next certificate.</summary>
    protected abstract Task<ClusterCredentials> Renew(DateTimeOffset now);

    /// <summary>Releases what the identity was made from.</summary>
    protected virtual void Dispose(bool disposing) { }
}

/// <summary>A cluster certificate with its key, and the check of others' certificates.</summary>
internal sealed record ClusterCredentials(X509Certificate2 Certificate, ClusterTrust Trust)
{
    /// <summary>The certificate as TLS presents it: alone, because the authority's own is never sent.</summary>
    internal SslStreamCertificateContext Context { get; } =
        SslStreamCertificateContext.Create(Certificate, additionalCertificates: null, offline: true);

    /// <summary>Returns whether the certificate has expired.</summary>
    internal bool HasExpired(DateTimeOffset now) => now > Certificate.NotAfter.ToUniversalTime();
}

/// <summary>There is no usable cluster certificate; the message says why, as the end of a sentence.</summary>
internal sealed class ClusterIdentityException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>
/// The identity of a process that can read the authority's key from the store: it issues certificates to itself, keeps
/// them in memory, and replaces one when a third of its validity is left.
/// </summary>
/// <param name="role">What this process is.</param>
/// <param name="open">Opens the authority; returns null if there is none yet.</param>
/// <param name="time">The clock.</param>
internal sealed class IssuedClusterIdentity(ClusterRole role, Func<Task<CertificateAuthority?>> open, TimeProvider time)
    : ClusterIdentity(time)
{
    private CertificateAuthority? authority;
    private ClusterTrust? trust;

    /// <inheritdoc/>
    protected override bool IsStale(ClusterCredentials current, DateTimeOffset now) =>
        // One that a wrong clock dated ahead is not valid yet.
        now < current.Certificate.NotBefore || now > current.Certificate.NotAfter - (CertificateAuthority.ServerLife / 3);

    /// <inheritdoc/>
    protected override async Task<ClusterCredentials> Renew(DateTimeOffset now)
    {
        authority ??= await Open();
        trust ??= new ClusterTrust(authority.Certificate.Span);
        return new ClusterCredentials(authority.IssueMember(role, now, CertificateAuthority.ServerLife), trust);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => authority?.Dispose();

    private async Task<CertificateAuthority> Open()
    {
        try
        {
            return await open() ?? throw new ClusterIdentityException(
                "the database has no certificate authority yet, because no silo of it has started with TLS");
        }
        catch (Exception fault) when (fault is StoreUnavailableException or OutcomeUnknownException
            or System.Data.Common.DbException or TimeoutException)
        {
            throw new ClusterIdentityException(
                $"the certificate authority cannot be read from the store: {fault.Message}", fault);
        }
    }
}

/// <summary>
/// The identity of a gateway without a database, from a file that <c>otask cluster certificate</c> wrote. A replaced
/// file is read at the next connection.
/// </summary>
internal sealed class FiledClusterIdentity(string path, TimeProvider time) : ClusterIdentity(time)
{
    private DateTime read;

    /// <inheritdoc/>
    protected override bool IsStale(ClusterCredentials current, DateTimeOffset now) =>
        File.GetLastWriteTimeUtc(path) != read;

    /// <inheritdoc/>
    protected override Task<ClusterCredentials> Renew(DateTimeOffset now)
    {
        try
        {
            var written = File.GetLastWriteTimeUtc(path);
            var (certificate, trust) = ClusterCertificateFile.Read(path);
            if (trust.FindFault(certificate, ClusterRole.Gateway, now) is { } fault)
                throw new ClusterIdentityException($"{path} is of no use: {fault}");
            read = written;
            return Task.FromResult(new ClusterCredentials(certificate, trust));
        }
        catch (Exception fault) when (
            fault is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new ClusterIdentityException($"{path} cannot be read: {fault.Message}", fault);
        }
    }
}

/// <summary>The identity of a gateway that was given neither a database nor a file.</summary>
internal sealed class NoClusterIdentity(TimeProvider time) : ClusterIdentity(time)
{
    /// <inheritdoc/>
    protected override bool IsStale(ClusterCredentials current, DateTimeOffset now) => true;

    /// <inheritdoc/>
    protected override Task<ClusterCredentials> Renew(DateTimeOffset now) => throw new ClusterIdentityException(
        "give it --cluster-cert with a file that 'otask cluster certificate' made from the store of the silos");
}
