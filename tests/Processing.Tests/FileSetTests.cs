using OrleansTasks.Processing.Binary;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Tests;

/// <summary>The files of a source, one after the other.</summary>
public sealed class FileSetTests
{
    private static readonly FileName[] Names = [FileName.Of("1"u8), FileName.Of("2"u8), FileName.Of("3"u8), FileName.Of("4"u8)];

    [Theory]
    [InlineData(0, 0, 5)]
    [InlineData(4, 0, 5)]
    [InlineData(5, 2, 6)]
    [InlineData(6, 3, 16)]
    [InlineData(15, 3, 16)]
    public void At_APlace_IsTheFileThatHasIt(long place, int file, long end)
    {
        var set = FileSet.Of([(Names[0], 5), (Names[1], 0), (Names[2], 1), (Names[3], 10)]);

        Assert.Equal((Names[file].ToString(), end), (set.At(place).File.Path, set.At(place).End));
        Assert.Equal(16, set.Size);
    }

    [Fact]
    public void Write_OfOneOrSeveralFiles_IsReadBack()
    {
        FileSet[] sets =
        [
            FileSet.Of(new FilePart("/a", 7, 99)), FileSet.Of([(Names[0], 7)]), FileSet.Of([(Names[0], 0), (Names[1], 0)]),
            FileSet.Of([(Names[0], 7), (Names[1], 8), (Names[0], 7)]),
        ];

        foreach (var set in sets)
        {
            var writer = new ByteWriter();
            set.Write(writer);
            var reader = new ByteReader(writer.ToArray());
            Assert.Equal(set.Parts, FileSet.Read(ref reader).Parts);
            Assert.True(reader.IsAtEnd);
        }
    }

    [Fact]
    public void Write_OfOneFile_IsTheFileAlone()
    {
        var part = new FilePart("/a", 7, 99);
        var writer = new ByteWriter();
        FileSet.Of(part).Write(writer);

        Assert.Equal(part.ToBytes(), writer.ToArray());
    }
}
