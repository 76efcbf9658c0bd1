using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace OrleansTasks.Storage.S3;

/// <summary>
/// The calls that the store makes. Each reports its failure as <see cref="StoreUnavailableException"/> or
/// <see cref="Files.FileStoreFullException"/>, and remembers it until a call succeeds. The keys come from the places
/// where Amazon's
/// programs look: environment, profile, role of the container or the machine.
/// </summary>
internal sealed class S3Bucket : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(100);
    private const int Tries = 3;
    private readonly AmazonS3Client client;

    /// <summary>Opens a bucket, without a call.</summary>
    /// <param name="address">The bucket.</param>
    /// <param name="keys">The keys; null to look for them.</param>
    public S3Bucket(S3Address address, AWSCredentials? keys)
    {
        Address = address;
        var settings = new AmazonS3Config
        {
            AuthenticationRegion = address.Region,
            ForcePathStyle = address.IsPathStyle,
            ConnectTimeout = ConnectLimit,
            Timeout = AnswerLimit,
            MaxErrorRetry = Tries,
            // Other servers than Amazon's may not know the newer checksums. The signature covers the bytes.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (address.Endpoint is { } endpoint)
            settings.ServiceURL = endpoint.GetLeftPart(UriPartial.Authority);
        else
            settings.RegionEndpoint = Amazon.RegionEndpoint.GetBySystemName(address.Region);
        client = keys is null ? new AmazonS3Client(settings) : new AmazonS3Client(keys, settings);
    }

    /// <summary>The bucket's address.</summary>
    public S3Address Address { get; }

    /// <summary>What the last call failed of; null if it succeeded.</summary>
    public string? Fault { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    /// <summary>Writes an object. It is visible and durable when this returns.</summary>
    public Task Put(string key, ArraySegment<byte> bytes) => Call(() => client.PutObjectAsync(new PutObjectRequest
    {
        BucketName = Address.Bucket, Key = key, UseChunkEncoding = false, InputStream = StreamOf(bytes),
    }));

    /// <summary>Opens an object at an offset that may be its end; null if there is none.</summary>
    public async Task<Stream?> Get(string key, long offset, CancellationToken cancellation)
    {
        try
        {
            var request = new GetObjectRequest { BucketName = Address.Bucket, Key = key };
            // An empty object has no range.
            if (offset > 0)
                request.ByteRange = new ByteRange($"bytes={offset}-");
            var answer = await Call(() => client.GetObjectAsync(request, cancellation), isRead: true)
                .ConfigureAwait(false);
            return answer.ResponseStream;
        }
        catch (AmazonS3Exception outside) when (outside.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return Stream.Null;
        }
        catch (AmazonS3Exception missing) when (S3Faults.IsMissing(missing))
        {
            return null;
        }
    }

    /// <summary>Returns an object's size; null if there is none.</summary>
    public async Task<long?> Length(string key)
    {
        try
        {
            var request = new GetObjectMetadataRequest { BucketName = Address.Bucket, Key = key };
            return (await Call(() => client.GetObjectMetadataAsync(request), isRead: true).ConfigureAwait(false))
                .ContentLength;
        }
        catch (AmazonS3Exception missing) when (S3Faults.IsMissing(missing))
        {
            return null;
        }
    }

    /// <summary>Deletes an object, if it is there.</summary>
    public Task Delete(string key) =>
        Call(() => client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = Address.Bucket, Key = key }));

    /// <summary>Returns the objects whose keys begin with a text, with the times at which they were written.</summary>
    public async IAsyncEnumerable<(string Key, DateTimeOffset WrittenAt)> List(string prefix)
    {
        var request = new ListObjectsV2Request { BucketName = Address.Bucket, Prefix = prefix };
        ListObjectsV2Response page;
        do
        {
            page = await Call(() => client.ListObjectsV2Async(request)).ConfigureAwait(false);
            foreach (var one in page.S3Objects ?? [])
                yield return (one.Key, Utc(one.LastModified));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (page.IsTruncated == true);
    }

    /// <summary>Begins an object that is put together from parts, and returns its id.</summary>
    public async Task<string> BeginParts(string key) => (await Call(() => client.InitiateMultipartUploadAsync(
        new InitiateMultipartUploadRequest { BucketName = Address.Bucket, Key = key })).ConfigureAwait(false)).UploadId;

    /// <summary>Adds an object as a part. The server copies its bytes.</summary>
    public async Task<PartETag> CopyPart(string key, string id, int number, string source)
    {
        var answer = await Call(() => client.CopyPartAsync(new CopyPartRequest
        {
            SourceBucket = Address.Bucket, SourceKey = source, DestinationBucket = Address.Bucket,
            DestinationKey = key, UploadId = id, PartNumber = number,
        })).ConfigureAwait(false);
        return new PartETag(number, answer.ETag);
    }

    /// <summary>Adds bytes as a part.</summary>
    public async Task<PartETag> PutPart(string key, string id, int number, ArraySegment<byte> bytes)
    {
        var answer = await Call(() => client.UploadPartAsync(new UploadPartRequest
        {
            BucketName = Address.Bucket, Key = key, UploadId = id, PartNumber = number, UseChunkEncoding = false,
            InputStream = StreamOf(bytes),
        })).ConfigureAwait(false);
        return new PartETag(number, answer.ETag);
    }

    /// <summary>Makes the parts an object, which is visible and durable when this returns.</summary>
    public Task EndParts(string key, string id, IEnumerable<PartETag> parts)
    {
        var request = new CompleteMultipartUploadRequest { BucketName = Address.Bucket, Key = key, UploadId = id };
        request.AddPartETags(parts.OrderBy(static part => part.PartNumber));
        return Call(() => client.CompleteMultipartUploadAsync(request));
    }

    /// <summary>Discards parts, if they are there.</summary>
    public async Task AbortParts(string key, string id)
    {
        try
        {
            var request = new AbortMultipartUploadRequest { BucketName = Address.Bucket, Key = key, UploadId = id };
            await Call(() => client.AbortMultipartUploadAsync(request), isRead: true).ConfigureAwait(false);
        }
        catch (AmazonS3Exception gone) when (S3Faults.IsUnknownCall(gone) || gone.StatusCode == HttpStatusCode.NotFound)
        {
            // Nothing is left, or the server keeps parts as long as it likes.
        }
    }

    /// <summary>Returns the objects that are being put together, with the times at which that began.</summary>
    public async Task<IReadOnlyList<(string Key, string Id, DateTimeOffset BegunAt)>> ListParts(string prefix)
    {
        var request = new ListMultipartUploadsRequest { BucketName = Address.Bucket, Prefix = prefix };
        var found = new List<(string Key, string Id, DateTimeOffset BegunAt)>();
        try
        {
            ListMultipartUploadsResponse page;
            do
            {
                page = await Call(() => client.ListMultipartUploadsAsync(request), isRead: true).ConfigureAwait(false);
                found.AddRange((page.MultipartUploads ?? [])
                    .Select(static one => (one.Key, one.UploadId, Utc(one.Initiated))));
                (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
            }
            while (page.IsTruncated == true);
        }
        catch (AmazonS3Exception unknown) when (S3Faults.IsUnknownCall(unknown))
        {
            // A small server may not have this call.
        }

        return found;
    }

    private static MemoryStream StreamOf(ArraySegment<byte> bytes) =>
        new(bytes.Array!, bytes.Offset, bytes.Count, writable: false);

    private static DateTimeOffset Utc(DateTime? time) => time is { } known ? known.ToUniversalTime()
        : DateTimeOffset.MaxValue;

    // With isRead, an answer that is not a failure of the server is the caller's to judge.
    private async Task<T> Call<T>(Func<Task<T>> call, bool isRead = false)
    {
        try
        {
            var answer = await call().ConfigureAwait(false);
            Fault = null;
            return answer;
        }
        catch (AmazonS3Exception answer) when (isRead && (S3Faults.IsMissing(answer) || S3Faults.IsUnknownCall(answer)
            || answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable))
        {
            throw;
        }
        catch (Exception failure) when (S3Faults.IsFault(failure))
        {
            Fault = S3Faults.Describe(failure, Address);
            throw S3Faults.Of(failure, Address);
        }
    }
}
