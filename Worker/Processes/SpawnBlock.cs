using System.Runtime.InteropServices;
using System.Text;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// The strings of one start in native memory, in the form that the C library expects: NUL-terminated UTF-8 and
/// NULL-terminated lists. A thread reuses its block for all starts, so that a start allocates nothing.
/// </summary>
internal sealed unsafe class SpawnBlock : IDisposable
{
    private const nuint KeptSize = 256 * 1024;
    private byte* memory;
    private nuint size;
    private nuint used;

    /// <summary>The program's path.</summary>
    internal byte* Path { get; private set; }

    /// <summary>The folder to start in.</summary>
    internal byte* Folder { get; private set; }

    /// <summary>The arguments.</summary>
    internal byte** Arguments { get; private set; }

    /// <summary>The environment, as NAME=value.</summary>
    internal byte** Environment { get; private set; }

    /// <summary>Lays out all strings of a start and overwrites those of the previous one.</summary>
    internal void Fill(string path, string folder, StartRequest request)
    {
        var pointers = (nuint)(request.Arguments.Count + request.Environment.Count + 2) * (nuint)sizeof(byte*);
        Reserve(pointers + Texts(path, folder, request));
        Arguments = (byte**)memory;
        Environment = Arguments + request.Arguments.Count + 1;
        used = pointers;
        Path = Put(path);
        Folder = Put(folder);
        var at = Arguments;
        foreach (var argument in request.Arguments) *at++ = Put(argument);
        *at = null;
        at = Environment;
        foreach (var (name, value) in request.Environment)
        {
            *at++ = Put(name);
            memory[used - 1] = (byte)'='; // In place of the NUL after the name.
            Put(value);
        }
        *at = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(memory);
        memory = null;
        size = 0;
    }

    private static nuint Texts(string path, string folder, StartRequest request)
    {
        var total = Longest(path) + Longest(folder);
        foreach (var argument in request.Arguments) total += Longest(argument);
        foreach (var (name, value) in request.Environment) total += Longest(name) + Longest(value);
        return total;
    }

    private static nuint Longest(string text) => (nuint)Encoding.UTF8.GetMaxByteCount(text.Length) + 1;

    private void Reserve(nuint bytes)
    {
        // A block that a very large start needed is shrunk by the next start of usual size.
        if (bytes <= size && (size <= KeptSize || bytes > KeptSize)) return;
        NativeMemory.Free(memory);
        size = Math.Max(bytes, 16 * 1024);
        memory = (byte*)NativeMemory.Alloc(size);
    }

    private byte* Put(string text)
    {
        var start = memory + used;
        used += (nuint)Encoding.UTF8.GetBytes(text, new Span<byte>(start, (int)(size - used)));
        memory[used++] = 0;
        return start;
    }
}
