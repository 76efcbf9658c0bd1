using System.Globalization;
using Google.Protobuf;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Handover;

/// <summary>
/// The document of a handover as a nameless file in memory, which the next program of this process inherits. An
/// environment variable names its descriptor.
/// </summary>
internal static class HandoverFile
{
    /// <summary>The name of the environment variable.</summary>
    internal const string Variable = "ORLEANSTASKS_HANDOVER";

    /// <summary>Whether an earlier program of this process seems to have left a document.</summary>
    internal static bool IsLeft => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 };

    /// <summary>Writes a document. The descriptor is inherited.</summary>
    /// <exception cref="IOException">The system refuses the file.</exception>
    internal static int Write(HandoverDocument document)
    {
        var descriptor = InputFile.Open(document.ToByteArray());
        if (descriptor < 0)
            throw new IOException($"cannot make a file in memory: {Libc.Describe(Libc.LastError)}");
        _ = Libc.fcntl(descriptor, Libc.F_SETFD, 0);
        return descriptor;
    }

    /// <summary>Returns the variable's value for a document.</summary>
    internal static string MarkOf(int descriptor) =>
        string.Create(CultureInfo.InvariantCulture, $"{descriptor}/{AgentMark.InodeOf(descriptor)}");

    /// <summary>
    /// Reads and removes the document that an earlier program of this process has left. Returns null if there is none.
    /// </summary>
    /// <exception cref="InvalidProtocolBufferException">The document is damaged.</exception>
    internal static HandoverDocument? TakeOwn()
    {
        var mark = Environment.GetEnvironmentVariable(Variable);
        Environment.SetEnvironmentVariable(Variable, null);
        if (mark?.Split('/') is not [var end, var inode] || !int.TryParse(end, CultureInfo.InvariantCulture, out var descriptor)
            || !ulong.TryParse(inode, CultureInfo.InvariantCulture, out var wanted) || AgentMark.InodeOf(descriptor) != wanted)
            return null;
        using var file = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var document = HandoverDocument.Parser.ParseFrom(bytes);
        foreach (var inherited in DescriptorsOf(document))
            _ = Libc.fcntl(inherited, Libc.F_SETFD, Libc.FD_CLOEXEC);
        return document;
    }

    /// <summary>Returns the descriptors that a document names, which the next program must inherit.</summary>
    internal static IEnumerable<int> DescriptorsOf(HandoverDocument document)
    {
        yield return document.FolderLock;
        foreach (var attempt in document.Agent.Attempts)
        {
            if (attempt.Process is not { } process)
                continue;
            if (process.HasOutputDescriptor)
                yield return process.OutputDescriptor;
            if (process.HasErrorDescriptor)
                yield return process.ErrorDescriptor;
            if (process.HasListenerDescriptor)
                yield return process.ListenerDescriptor;
        }
    }

    /// <summary>Returns the folders of the commands that a document hands over.</summary>
    internal static HashSet<string> FoldersOf(HandoverDocument document)
    {
        var folders = new HashSet<string>(StringComparer.Ordinal);
        foreach (var attempt in document.Agent.Attempts)
        {
            if (attempt.Process is not { } process)
                continue;
            if (process.HasOwnFolder)
                folders.Add(process.OwnFolder);
            if (process.HasExchangeFolder)
                folders.Add(process.ExchangeFolder);
            if (process.Container is { } container)
                folders.Add(container.Folder);
        }

        return folders;
    }
}
