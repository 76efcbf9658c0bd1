using System.Security.Cryptography;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Trust;

/// <summary>
/// The key with which a worker joins, in the file <c>join.pem</c> of its data folder, readable only by its owner.
/// It is stored before the service learns of it. A token is valid for one key only, so a worker that lost the answer,
/// or was killed before it arrived, must join again with the same key.
/// </summary>
internal static class JoinKey
{
    private const string FileName = "join.pem";
    private const string TokenLabel = "for token ";

    /// <summary>Reads the key for a token, or creates and stores one.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="token">The SHA-256 of the token's secret, in hexadecimal.</param>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The worker may not read or write the file.</exception>
    internal static ECDsa ReadOrMake(string folder, string token)
    {
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path) && Read(File.ReadAllText(path), token) is { } stored)
            return stored;
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        WholeFile.Write(path, $"{TokenLabel}{token}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return key;
    }

    /// <summary>Deletes the key once the worker has its identity.</summary>
    internal static void Delete(string folder) => File.Delete(Path.Combine(folder, FileName));

    private static ECDsa? Read(string text, string token)
    {
        if (!text.StartsWith($"{TokenLabel}{token}\n", StringComparison.Ordinal))
            return null;
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            return key;
        }
        catch (Exception damaged) when (damaged is ArgumentException or CryptographicException)
        {
            key.Dispose();
            return null;
        }
    }
}
