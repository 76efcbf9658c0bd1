using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Access;

/// <summary>Turns a key's text into what is stored of it.</summary>
public static class KeyHash
{
    /// <summary>Bytes in a hash.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>
    /// SHA-256 of the key's UTF-8 text. Keys are 256 random bits, so nothing slower is needed against guessing.
    /// </summary>
    public static byte[] Of(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
