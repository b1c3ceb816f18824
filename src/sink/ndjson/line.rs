//! Lines under construction.

/// Bytes that a short piece is copied as, whatever its length: a copy of fixed size is a few moves without a call or a branch, and
/// what it writes too much the next piece overwrites.
pub(super) const SHORT: usize = 64;

/// Pieces that stand behind each other, the end of each padded so that a whole [`SHORT`] can be read from the start of any.
#[derive(Debug)]
pub(super) struct Pieces(Vec<u8>);

impl Pieces {
    pub(super) fn new() -> Self {
        Self(vec![0; SHORT])
    }

    /// Adds the piece that `write` appends; where it starts, and how long it is.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> (u32, u32) {
        let start = self.0.len() - SHORT;
        self.0.truncate(start);
        write(&mut self.0);
        let length = self.0.len() - start;
        self.0.resize(self.0.len() + SHORT, 0);
        (start as u32, length as u32)
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Throws all pieces away.
    pub(super) fn clear(&mut self) {
        self.0.clear();
        self.0.resize(SHORT, 0);
    }

    /// The bytes of a piece.
    pub(super) fn get(&self, (start, length): (u32, u32)) -> &[u8] {
        &self.0[start as usize..(start + length) as usize]
    }
}

/// The lines of a block. Its bytes lie in a buffer whose whole length is written before it is used, so that pieces can be put
/// without asking for room one by one.
pub(super) struct Lines {
    bytes: Vec<u8>,
    end: usize,
    /// Room that the short pieces of a line may need.
    slack: usize,
}

impl Lines {
    /// No line yet. A line has up to `short` short pieces.
    pub(super) fn new(short: usize) -> Self {
        Self { bytes: Vec::new(), end: 0, slack: (short + 2) * SHORT }
    }

    /// Begins a line; where it starts.
    #[inline]
    pub(super) fn begin(&mut self) -> usize {
        self.room(0);
        self.end
    }

    /// Ends the line that starts there. Every field in it begins with a comma; the first one opens the object instead.
    #[inline]
    pub(super) fn finish(&mut self, start: usize) {
        if self.end == start {
            self.end += 1;
        }
        self.bytes[start] = b'{';
        self.put_fixed(b"}\n", 2);
    }

    /// Makes room for a long piece and what the line may yet need.
    #[inline]
    fn room(&mut self, long: usize) {
        let need = self.end + long + self.slack;
        if self.bytes.len() < need {
            self.bytes.resize(need.next_power_of_two(), 0);
        }
    }

    /// Puts the first `length` of a few bytes.
    #[inline]
    pub(super) fn put_fixed<const N: usize>(&mut self, piece: &[u8; N], length: usize) {
        const { assert!(N <= SHORT, "room is counted in short pieces") };
        self.bytes[self.end..self.end + N].copy_from_slice(piece);
        self.end += length.min(N);
    }

    /// Puts one of the pieces.
    #[inline]
    pub(super) fn put_piece(&mut self, pieces: &Pieces, (start, length): (u32, u32)) {
        let (start, length) = (start as usize, length as usize);
        if length <= SHORT {
            let piece = &pieces.0[start..start + SHORT];
            self.bytes[self.end..self.end + SHORT].copy_from_slice(piece);
            self.end += length;
        } else {
            self.put(&pieces.0[start..start + length]);
        }
    }

    /// Puts bytes of any number.
    pub(super) fn put(&mut self, piece: &[u8]) {
        self.room(piece.len());
        self.bytes[self.end..self.end + piece.len()].copy_from_slice(piece);
        self.end += piece.len();
    }

    /// Puts other bytes in the place of the line that starts there, the last one.
    pub(super) fn replace(&mut self, start: usize, bytes: &[u8]) {
        self.end = start;
        self.put(bytes);
    }

    /// The lines so far.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.end = 0;
    }
}
