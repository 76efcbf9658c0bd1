using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Processes.Users;

/// <summary>Which number of a range a command is given, and when it comes back.</summary>
public sealed class TaskUsersTests : IDisposable
{
    private const uint First = 300_000;
    private readonly string folder = Directory.CreateTempSubdirectory("otask-task-users-").FullName;
    private readonly HashSet<uint> processes = [];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void TryTake_AnyOrderOfStartsAndEnds_NoNumberHasTwoTasks()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            processes.Clear();
            var model = new Model(Users(6), new Random(seed), processes, Directory.CreateDirectory(Path.Combine(folder, $"{seed}")).FullName);
            for (var step = 0; step < 200; step++)
                Assert.True(model.Step() is null, $"Seed {seed}, step {step}: {model.Wrong}");
        }
    }

    [Fact]
    public void TryTake_AllAreHeld_IsNullUntilOneComesBack()
    {
        var users = Users(2);
        var taken = new[] { users.TryTake()!.Uid, users.TryTake()!.Uid };

        Assert.Null(users.TryTake());
        Assert.Equal("commands hold 2, and 0 are set aside", users.Shortage);
        Assert.Null(users.GiveBack(taken[1], folder: null));

        Assert.Equal(taken[1], users.TryTake()!.Uid);
    }

    [Fact]
    public void TryTake_SomeCameBack_TheOneThatCameBackFirstIsNext()
    {
        var users = Users(3);
        var taken = new[] { users.TryTake()!.Uid, users.TryTake()!.Uid, users.TryTake()!.Uid };
        foreach (var number in new[] { taken[2], taken[0], taken[1] }) users.GiveBack(number, folder: null);

        Assert.Equal([taken[2], taken[0], taken[1]], [users.TryTake()!.Uid, users.TryTake()!.Uid, users.TryTake()!.Uid]);
    }

    [Fact]
    public void TryTake_AProcessHasANumber_AnotherOneIsGiven()
    {
        processes.Add(First + 1);
        var users = Users(2);

        Assert.Equal(First + 2, users.TryTake()!.Uid);
        Assert.Null(users.TryTake());
        processes.Clear();

        Assert.Equal(First + 1, users.TryTake()!.Uid);
    }

    [Fact]
    public void GiveBack_AProcessIsLeft_IsSetAsideUntilItIsGoneAndNoOtherIsFree()
    {
        var users = Users(2);
        var number = users.TryTake()!.Uid;
        processes.Add(number);

        Assert.Equal("a process still runs as it", users.GiveBack(number, folder: null));
        processes.Clear();

        Assert.Equal(First + 2, users.TryTake()!.Uid);
        Assert.Equal(number, users.TryTake()!.Uid);
    }

    [Fact]
    public void GiveBack_TheFolderIsLeft_IsSetAsideUntilItIsGone()
    {
        var users = Users(1);
        var number = users.TryTake()!.Uid;

        Assert.Equal($"the folder {folder} could not be removed", users.GiveBack(number, folder));
        Assert.Null(users.TryTake());
        Assert.Equal("commands hold 0, and 1 are set aside", users.Shortage);
    }

    [Fact]
    public void GiveBack_Twice_CountsOnce()
    {
        var users = Users(1);
        var number = users.TryTake()!.Uid;
        users.GiveBack(number, folder: null);
        users.GiveBack(number, folder: null);

        Assert.NotNull(users.TryTake());
        Assert.Null(users.TryTake());
    }

    [Fact]
    public void SetAside_AFolderOfAnEarlierRun_ItsOwnerIsNotGivenOut()
    {
        var users = Users(2);
        users.SetAside(First + 1, folder);
        users.SetAside(4_711, folder);

        Assert.Equal(First + 2, users.TryTake()!.Uid);
        Assert.Null(users.TryTake());
    }

    [Fact]
    public void TryTake_TheUser_IsInNoOtherGroupAndHasNoHome()
    {
        var user = Users(1).TryTake()!;

        Assert.Equal((First + 1, First + 1, "300001", "", true), (user.Uid, user.Gid, user.Name, user.Home, user.IsOfOneTask));
        Assert.Empty(user.Groups);
    }

    private TaskUsers Users(int numbers) => new(UserRange.Parse($"{First}-{First + numbers}", "setpriv")!, processes.Contains);

    /// <summary>What is held and left, beside the type that is tested.</summary>
    private sealed class Model(TaskUsers users, Random choice, HashSet<uint> processes, string root)
    {
        private const int Numbers = 6;
        private readonly List<uint> held = [];
        private readonly Dictionary<uint, string> folders = [];

        public string? Wrong { get; private set; }

        /// <summary>Does something; what was wrong about it, or null.</summary>
        public string? Step()
        {
            switch (choice.Next(7))
            {
                case 0 or 1 or 2:
                    Take();
                    break;
                case 3 or 4 when held.Count > 0:
                    End(held[choice.Next(held.Count)]);
                    break;
                case 6 when choice.Next(4) == 0:
                    // Somebody else's, which nothing keeps from having the number.
                    if (First + 1 + (uint)choice.Next(Numbers) is var foreign && !held.Contains(foreign)) processes.Add(foreign);
                    break;
                case 5 when choice.Next(2) == 0 && processes.Count > 0:
                    processes.Remove(processes.First());
                    break;
                case 5 when folders.Count > 0:
                    var (number, folder) = folders.First();
                    Directory.Delete(folder);
                    folders.Remove(number);
                    break;
            }
            return Wrong;
        }

        private void Take()
        {
            if (users.TryTake() is { Uid: var number })
            {
                if (number is <= First or > First + Numbers) Wrong = $"{number} is not a number for tasks";
                if (held.Contains(number)) Wrong = $"{number} has two tasks";
                if (processes.Contains(number)) Wrong = $"{number} has a process of another task";
                if (folders.ContainsKey(number)) Wrong = $"{number} has a folder of another task";
                held.Add(number);
                return;
            }
            for (var one = First + 1; one <= First + Numbers; one++)
                if (!held.Contains(one) && !processes.Contains(one) && !folders.ContainsKey(one)) Wrong = $"{one} is free and not given";
        }

        private void End(uint number)
        {
            held.Remove(number);
            if (choice.Next(5) == 0) processes.Add(number);
            string? left = null;
            if (choice.Next(5) == 0) left = folders[number] = Directory.CreateDirectory(Path.Combine(root, $"{number}")).FullName;
            users.GiveBack(number, left);
        }
    }
}
