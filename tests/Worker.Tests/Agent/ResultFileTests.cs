using Google.Protobuf;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>Results on a worker's disk, whatever else has come upon it.</summary>
public sealed class ResultFileTests : IDisposable
{
    private readonly string path = Path.Combine(Directory.CreateTempSubdirectory("otask-results-").FullName, "results");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

    [Fact]
    public void Read_OneIsLarge_ItAndThoseAfterItAreThere()
    {
        Append(Of("large", 15 * 1024 * 1024), Of("small", 10));
        Append(Of("later", 20));

        Assert.Equal([("large", 15 * 1024 * 1024), ("small", 10), ("later", 20)], Read());
    }

    [Theory]
    [InlineData(5)]
    [InlineData(5_000)]
    public void Append_AWriteWasCutOff_WhatComesAfterItIsRead(int written)
    {
        using (var file = new ResultFile(path))
        {
            file.Append([Of("first", 10)]);
            CutOff(written);
            file.Append([Of("second", 1_000)]);
        }

        Assert.Equal([("first", 10), ("second", 1_000)], Read());
    }

    [Fact]
    public void Append_TheFileWasCutOffBefore_WhatComesAfterItIsRead()
    {
        Append(Of("first", 10));
        CutOff(5);
        using (var file = new ResultFile(path))
        {
            Assert.Single(file.Read());
            file.Append([Of("second", 10)]);
        }

        Assert.Equal([("first", 10), ("second", 10)], Read());
    }

    [Fact]
    public void Read_ARecordIsDamaged_ThoseBeforeItAreThere()
    {
        Append(Of("first", 10), Of("second", 10));
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = file.Length - 1;
            file.WriteByte(0xff);
        }

        Assert.Equal([("first", 10)], Read());
    }

    [Fact]
    public void Clear_ThenAppend_OnlyThatIsThere()
    {
        using (var file = new ResultFile(path))
        {
            file.Append([Of("first", 10)]);
            file.Clear();
            Assert.True(file.IsEmpty);
            file.Append([Of("second", 10)]);
        }

        Assert.Equal([("second", 10)], Read());
    }

    [Fact]
    public void Replace_ThenAppend_WhatWasThereBeforeIsGone()
    {
        using (var file = new ResultFile(path))
        {
            file.Append([Of("settled", 5_000), Of("unsettled", 10)]);
            file.Replace([Of("unsettled", 10)]);
            file.Append([Of("later", 20)]);
        }

        Assert.Equal([("unsettled", 10), ("later", 20)], Read());
    }

    [Fact]
    public void Replace_ItCannotBeWritten_WhatWasThereBeforeStays()
    {
        using (var file = new ResultFile(path))
        {
            file.Append([Of("first", 10)]);
            // As a full disk, but for root as well: there is no room for another file of this name.
            Directory.CreateDirectory(Path.Combine(path + ".new", "in the way"));
            Assert.ThrowsAny<SystemException>(() => file.Replace([Of("second", 10)]));
            file.Append([Of("third", 10)]);
        }

        Assert.Equal([("first", 10), ("third", 10)], Read());
    }

    private void Append(params Result[] results)
    {
        using var file = new ResultFile(path);
        file.Append(results);
    }

    /// <summary>As a disk does that becomes full.</summary>
    private void CutOff(int written)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        file.Write(new byte[written]);
    }

    private List<(string Task, int Bytes)> Read()
    {
        using var file = new ResultFile(path);
        return [.. file.Read().Select(static result => (result.Lease.TaskId, result.Report.Length))];
    }

    private static Result Of(string task, int bytes) => new()
    {
        Lease = new Lease { TaskId = task, Attempt = 1 },
        Report = ByteString.CopyFrom(new byte[bytes]),
    };
}
