using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of files must do.</summary>
public abstract class FileStoreConformance
{
    private const int Block = ServiceLimits.FileBlockBytes;

    protected abstract IFileStore Store { get; }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Block - 1)]
    [InlineData(Block)]
    [InlineData(Block + 1)]
    [InlineData(3 * Block)]
    [InlineData(3 * Block + 77)]
    public async Task Publish_OfAnySize_IsReadFromAnyOffset(int size)
    {
        var content = Content(size, seed: size);
        var file = await Put(content);

        Assert.Equal(new StoredFile(FileName.Of(content), size), file);
        Assert.Equal(size, await Store.Length(file.Name));
        foreach (var offset in new[] { 0, 1, size / 2, Block - 1, Block, Block + 1, size - 1, size }.Where(at => at >= 0 && at <= size))
            Assert.True((await Read(file.Name, offset))!.AsSpan().SequenceEqual(content.AsSpan(offset)), $"from {offset} of {size}");
    }

    [Fact]
    public async Task Write_InPiecesOfAnySize_GivesTheSameFile()
    {
        var content = Content(2 * Block + 4_321, seed: 7);
        var random = new Random(7);
        await using var upload = Store.Begin();
        for (var at = 0; at < content.Length;)
        {
            var taken = Math.Min(content.Length - at, random.Next(3) == 0 ? random.Next(Block + Block / 2) : random.Next(90_000));
            await upload.Write(content.AsMemory(at, taken));
            at += taken;
            Assert.Equal(at, upload.Bytes);
        }

        await Store.Publish([upload]);

        Assert.Equal(FileName.Of(content), upload.Seal().Name);
        Assert.True((await Read(upload.Seal().Name))!.AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task Upload_BeforeItIsPublished_IsNotVisible()
    {
        var content = Content(Block + 9, seed: 1);
        var name = FileName.Of(content);
        await using (var upload = Store.Begin())
        {
            await upload.Write(content);
            Assert.Equal(name, upload.Seal().Name);
            Assert.Equal((null, null), (await Store.Length(name), await Read(name)));
            await using var own = upload.Read();
            using var read = new MemoryStream();
            await own.CopyToAsync(read);
            Assert.True(read.ToArray().AsSpan().SequenceEqual(content));
        }

        Assert.Equal((null, null), (await Store.Length(name), await Read(name)));
        Assert.Empty(await All());
    }

    [Fact]
    public async Task Write_AfterTheSeal_IsRefused()
    {
        await using var upload = Store.Begin();
        upload.Seal();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await upload.Write(new byte[1]));
    }

    [Fact]
    public async Task Publish_OfAFileThatIsThere_KeepsIt()
    {
        var content = Content(Block + 1, seed: 3);
        var first = await Put(content);
        var second = await Put(content);

        Assert.Equal(first, second);
        Assert.True((await Read(first.Name))!.AsSpan().SequenceEqual(content));
        Assert.Equal([first.Name], await All());
    }

    [Fact]
    public async Task Uploads_OfOneFileAtOnce_AllSucceed()
    {
        var content = Content(2 * Block + 5, seed: 4);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Put(content))));

        Assert.Equal([FileName.Of(content)], await All());
        Assert.True((await Read(FileName.Of(content)))!.AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task Publish_OfManyFiles_MakesEachVisible()
    {
        var contents = Enumerable.Range(0, 300).Select(static n => Content(n * 17, seed: n)).ToArray();
        var uploads = new List<IFileUpload>();
        foreach (var content in contents)
        {
            var upload = Store.Begin();
            await upload.Write(content);
            uploads.Add(upload);
        }

        await Store.Publish(uploads);
        foreach (var upload in uploads)
            await upload.DisposeAsync();

        foreach (var content in contents)
            Assert.True((await Read(FileName.Of(content)))!.AsSpan().SequenceEqual(content));
        Assert.Equal(contents.Select(static content => FileName.Of(content)).Order(), await All());
    }

    [Fact]
    public async Task Delete_OfAFile_LeavesTheOthersAndCanBeRepeated()
    {
        var (gone, kept) = (await Put(Content(66 * Block, seed: 5)), await Put(Content(10, seed: 6)));
        await Store.Delete(gone.Name);
        await Store.Delete(gone.Name);

        Assert.Equal((null, null), (await Store.Length(gone.Name), await Read(gone.Name)));
        Assert.Equal([kept.Name], await All());
        Assert.Equal(gone, await Put(Content(66 * Block, seed: 5)));
        Assert.Equal(66 * Block, await Store.Length(gone.Name));
    }

    [Fact]
    public async Task Open_OfAFileThatIsDeletedMeanwhile_GivesTheRestOrFails()
    {
        var content = Content(3 * Block, seed: 8);
        var file = await Put(content);
        await using var stream = (await Store.Open(file.Name))!;
        var read = new byte[content.Length];
        await stream.ReadExactlyAsync(read.AsMemory(0, 100));
        await Store.Delete(file.Name);

        var count = 100;
        try
        {
            for (int more; (more = await stream.ReadAsync(read.AsMemory(count))) > 0;)
                count += more;
            Assert.Equal(content.Length, count);
        }
        catch (IOException)
        {
            // Allowed, as long as what came before is right.
        }

        Assert.True(read.AsSpan(0, count).SequenceEqual(content.AsSpan(0, count)));
    }

    [Fact]
    public async Task DiscardLeft_OfUploadsUnderWay_LeavesThem()
    {
        var content = Content(2 * Block, seed: 9);
        await using var upload = Store.Begin();
        await upload.Write(content.AsMemory(0, Block));
        await Store.DiscardLeft(TimeSpan.FromHours(1));
        await upload.Write(content.AsMemory(Block));
        await Store.Publish([upload]);

        Assert.True((await Read(FileName.Of(content)))!.AsSpan().SequenceEqual(content));
    }

    protected static byte[] Content(int size, int seed)
    {
        var content = new byte[size];
        new Random(seed).NextBytes(content);
        return content;
    }

    protected async Task<StoredFile> Put(ReadOnlyMemory<byte> content)
    {
        await using var upload = Store.Begin();
        await upload.Write(content);
        await Store.Publish([upload]);
        return upload.Seal();
    }

    protected async Task<byte[]?> Read(FileName name, long offset = 0)
    {
        await using var stream = await Store.Open(name, offset);
        if (stream is null)
            return null;
        using var content = new MemoryStream();
        await stream.CopyToAsync(content);
        return content.ToArray();
    }

    protected async Task<ImmutableArray<FileName>> All()
    {
        var all = new List<FileName>();
        for (var part = 0; part < IFileStore.Parts; part++)
            all.AddRange(await Store.List(part));
        return [.. all.Order()];
    }
}
