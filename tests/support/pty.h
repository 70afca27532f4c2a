#ifndef TBBTHUMBS_TESTS_SUPPORT_PTY_H_
#define TBBTHUMBS_TESTS_SUPPORT_PTY_H_

namespace tbbthumbs::testing {

// A terminal for a child process; this side reads what a person would see.
class Pty {
 public:
  explicit Pty(int columns);
  ~Pty();
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;

  int master() const { return master_; }
  int slave() const { return slave_; }
  // Once the child has it: reading the other side then ends with the child.
  void CloseSlave();

 private:
  int master_ = -1;
  int slave_ = -1;
};

}  // namespace tbbthumbs::testing

#endif  // TBBTHUMBS_TESTS_SUPPORT_PTY_H_
