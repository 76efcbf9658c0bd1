using OrleansTasks.Files;
using OrleansTasks.Settings;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.S3;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Silo.Files;

/// <summary>
/// Checks that the stored files are where this silo looks for them. In a bucket, no file is removed before that: the
/// bucket may be
/// another service's.
/// </summary>
internal sealed partial class FilePlace(
    IFileStore store, IFileIndex index, ITrustStore trust, TimeProvider time, ILogger<FilePlace> logger)
{
    private bool isRight;

    /// <summary>
    /// Checks at the start. A server that does not answer only gets a warning: tasks without files can run.
    /// </summary>
    /// <exception cref="StartRefusedException">The bucket cannot be used with these settings.</exception>
    public async Task CheckAtStart()
    {
        try
        {
            await Check();
        }
        catch (UnusableBucketException unusable)
        {
            throw new StartRefusedException($"--files: {unusable.Message}", unusable);
        }
        catch (StoreUnavailableException fault) when (store is S3FileStore)
        {
            Unreachable(fault.Message);
        }
    }

    /// <summary>Checks until it has succeeded once.</summary>
    /// <exception cref="UnusableBucketException">The bucket cannot be used with these settings.</exception>
    /// <exception cref="StoreUnavailableException">The server does not answer.</exception>
    public async Task Check()
    {
        if (isRight)
            return;
        if (store is S3FileStore bucket)
            await bucket.Claim(await Service());
        if (await FirstStored() is { } missing)
        {
            if (store is S3FileStore)
            {
                throw new UnusableBucketException(
                    $"The service has stored files, but {missing} is not in {((S3FileStore)store).Place}. "
                    + "Copy the files there first, or start the service with the option with which it stored them.");
            }

            Absent(missing.ToString());
        }

        isRight = true;
    }

    // One file stands for all.
    private async Task<Processing.Files.FileName?> FirstStored()
    {
        var oldest = await index.List(FileSort.Age, null, 1);
        return oldest is [var file] && await store.Length(file.File.Name) is null ? file.File.Name : null;
    }

    // All silos of a service have one authority, and no two services have the same.
    private async Task<string> Service()
    {
        using var authority = await CertificateAuthority.Open(trust, time.GetUtcNow());
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(authority.Certificate.Span));
    }
}
