using System.Buffers.Binary;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>Random frames of gRPC.</summary>
internal static class FrameDraws
{
    /// <summary>Puts gRPC's prefix in front of a message: the right one most of the time.</summary>
    public static byte[] Framed(this Random random, byte[] message)
    {
        var prefix = new byte[5];
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1), (uint)message.Length);
        switch (random.Next(16))
        {
            case 0:
                prefix[0] = random.Pick<byte>([1, 2, 255]);
                break;
            case 1:
                BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(1),
                    random.Pick<uint>([0, (uint)message.Length + 1, 16 << 20, (16 << 20) + 1, 0x7fffffff, 0xffffffff]));
                break;
            case 2:
                return prefix[..random.Next(0, 5)];
        }

        return [.. prefix, .. message];
    }
}
