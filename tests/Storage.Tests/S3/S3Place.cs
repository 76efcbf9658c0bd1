using Amazon.Runtime;
using OrleansTasks.Storage.S3;
using OrleansTasks.Tests.S3;

namespace OrleansTasks.Storage.Tests.S3;

/// <summary>A place of its own in a bucket of the server that all tests of this program share.</summary>
public sealed class S3Place : IDisposable
{
    private static readonly Lazy<S3Server> Server = new(static () => new S3Server("files"));
    private readonly List<S3FileStore> stores = [];

    public S3Place() => Store = Open();

    /// <summary>The address of the place.</summary>
    public S3Address Address { get; } = AddressOf($"files/{Guid.NewGuid():N}");

    public S3FileStore Store { get; }

    /// <summary>Returns an address at the shared server.</summary>
    public static S3Address AddressOf(string bucketAndPrefix) => Read(Server.Value.FilesOption(bucketAndPrefix));

    /// <summary>Returns the keys of the objects there that are being put together.</summary>
    public async Task<IEnumerable<string>> Unfinished()
    {
        using var bucket = new S3Bucket(Address, new BasicAWSCredentials(S3Server.Key, S3Server.Key));
        return (await bucket.ListParts(Address.Prefix)).Select(static one => one.Key);
    }

    /// <summary>Reads a valid address.</summary>
    public static S3Address Read(string text) => S3Address.TryParse(text, static _ => null, out var address)
        ? address
        : throw new ArgumentException($"{text} is no address.");

    /// <summary>Opens a store there, as another silo does.</summary>
    public S3FileStore Open(S3Address? address = null, string key = S3Server.Key, string secret = S3Server.Key)
    {
        var store = new S3FileStore(address ?? Address, TimeProvider.System, new BasicAWSCredentials(key, secret));
        stores.Add(store);
        return store;
    }

    public void Dispose() => stores.ForEach(static store => store.Dispose());
}
